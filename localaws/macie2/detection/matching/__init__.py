"""Matching: identifiers applied to tables and to running text, and the tally of their hits."""
