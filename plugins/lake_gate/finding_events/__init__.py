"""Findings outside the gate's own runs: decided about by the same policy, and moved by the same code."""
