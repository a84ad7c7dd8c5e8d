"""The functions that read the segments of an 837, one module per subject. ``grammar`` says which reads what."""
