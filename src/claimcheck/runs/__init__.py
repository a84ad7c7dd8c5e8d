"""A whole batch: files in, messages out, by one process or several; its split and its record."""
