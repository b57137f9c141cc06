"""What leaves the repo: the package for MWAA, and what deploys it; never ships itself."""
