"""Custom checks: load them, prove them by their examples, and start a new one."""
