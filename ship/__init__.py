"""The package for MWAA, its deployment and the smoke test; not part of the package itself."""
