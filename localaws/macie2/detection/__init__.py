"""Reading one object: its format, the places in it, what the identifiers find there."""
