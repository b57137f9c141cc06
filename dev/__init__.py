"""The gate on one machine: what `make run`, `make up`, `make down` and `make compose-test` do."""
