"""The gate: landing, classification, decision, moves and records of a delivery."""
