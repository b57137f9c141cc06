"""Addresses of a run in Airflow's UI and on the Gate page, for messages and records."""

from __future__ import annotations

from urllib.parse import quote

from airflow.configuration import conf


def run_in_airflow(dag_id: str, run_id: str) -> str | None:
    """Return the address of a run in Airflow's UI; None where Airflow does not know its own address."""
    return _below_base(f"dags/{_part(dag_id)}/runs/{_part(run_id)}")


def required_action(dag_id: str, run_id: str, task_id: str) -> str | None:
    """Return the address where a task of a run is answered in Airflow's UI; None as above."""
    return _below_base(f"dags/{_part(dag_id)}/runs/{_part(run_id)}/tasks/{_part(task_id)}/required_actions")


def run_on_page(dag_id: str, run_id: str) -> str | None:
    """Return the address of a run on the Gate page; None where Airflow does not know its own address."""
    return _below_base(f"gate/dags/{_part(dag_id)}/runs/{_part(run_id)}")


def _below_base(path: str) -> str | None:
    base = conf.get("api", "base_url", fallback="") or ""
    return f"{base.rstrip('/')}/{path}" if base.startswith(("http://", "https://")) else None


def _part(text: str) -> str:
    return quote(text, safe="")
