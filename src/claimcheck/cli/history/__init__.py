"""``claimcheck history``: what earlier batches billed, kept in a SQLite file or a PostgreSQL database."""

from claimcheck.cli.history import adding, exchanging, inspecting, keeping, making
from claimcheck.cli.history.group import app

__all__ = ["adding", "app", "exchanging", "inspecting", "keeping", "making"]
