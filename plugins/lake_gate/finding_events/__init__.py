"""What Macie finds outside the gate's own runs: decided by the same policy, and moved by the same code."""
