"""What a check is, and the examples that prove it: what the author of a check imports."""
