"""claimcheck: a linter for medical claims."""

__version__ = "0.1.0"
