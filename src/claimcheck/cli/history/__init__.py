from claimcheck.cli.history import adding
from claimcheck.cli.history.group import app

__all__ = ["adding", "app"]
