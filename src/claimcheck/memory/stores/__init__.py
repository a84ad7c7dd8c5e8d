"""Where a history is kept: a SQLite file, or a PostgreSQL database."""

from claimcheck.memory.stores.opening import create_history, open_history

__all__ = ["create_history", "open_history"]
