"""Mask tables: a de-identified copy of a table, by the rules of a masking spec."""
