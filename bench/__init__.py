"""Measurements: what must stay fast, in numbers."""
