"""A distribution that adds a format and a check to claimcheck."""
