"""Every check as data and as a page, and the page of a code in the rule book."""
