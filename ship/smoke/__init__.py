"""The live smoke test: generated files through a deployed environment, with real Macie."""
