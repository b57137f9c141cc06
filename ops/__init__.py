"""Shared by `dev` and `ship`: the stacks of ``infra/``, and a client of Airflow's REST API."""
