"""The gate: what was landed, what Macie found, what is decided for each object, and where it goes."""
