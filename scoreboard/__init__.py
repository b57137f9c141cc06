"""How well the managed identifiers find what they mean, on labelled data; and Presidio on the same."""
