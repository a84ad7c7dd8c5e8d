"""X12 837 files: segments, envelopes, loops and claims."""
