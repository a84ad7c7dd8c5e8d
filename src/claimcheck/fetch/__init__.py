"""``claimcheck rules fetch``: the files that a rule book lacks, from the pages where CMS publishes them.

This package alone uses the network, and only when asked to. It finds links on CMS's pages, never guesses them
(``published``), downloads what they lead to (``client``) into a cache of originals (``originals``), and hands the files
to ``claimcheck rules add`` (``fetching``).
"""
