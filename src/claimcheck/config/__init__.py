"""What is configured: claimcheck.toml, profiles, payers and waivers, and what is in effect for a claim."""
