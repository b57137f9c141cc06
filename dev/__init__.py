"""The gate on one machine: `make run`, `make up`, `make down` and `make compose-test`."""
