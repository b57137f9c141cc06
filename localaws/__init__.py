"""The local AWS: moto's server with a Macie backend that really scans. Never ships, knows no package of ours."""
