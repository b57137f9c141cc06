"""The live smoke test: made-up files through a deployed environment, with real Macie."""
