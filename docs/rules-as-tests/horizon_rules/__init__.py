"""Horizon BCBSNJ's published billing requirements as checks of claimcheck."""
