"""Readers of every format: archives, CSV, JSON, Parquet and text."""
