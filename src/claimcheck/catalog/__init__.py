"""Every check, described: as data, as pages, and what the rule book says of a code."""
