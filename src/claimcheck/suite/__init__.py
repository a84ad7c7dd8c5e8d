"""Claim files and checks as tests of pytest."""
