"""Addresses in messages: below Airflow's own, with names that cannot change the path."""

from __future__ import annotations

import pytest

from lake_gate.links import required_action, run_in_airflow, run_on_page

RUN = ("synthea_gate", "manual__2026-11-25T10:00:00+00:00/../x?y")
QUOTED = "manual__2026-11-25T10%3A00%3A00%2B00%3A00%2F..%2Fx%3Fy"


@pytest.mark.parametrize("base", ["https://airflow.example.org", "https://airflow.example.org/"])
def test_addresses_of_a_run(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert run_in_airflow(*RUN) == f"https://airflow.example.org/dags/synthea_gate/runs/{QUOTED}"
    assert run_on_page(*RUN) == f"https://airflow.example.org/gate/dags/synthea_gate/runs/{QUOTED}"
    answered = f"https://airflow.example.org/dags/synthea_gate/runs/{QUOTED}/tasks/approve/required_actions"
    assert required_action(*RUN, "approve") == answered


@pytest.mark.parametrize("base", ["", "/", "javascript:alert(1)//"])
def test_airflow_without_an_address_of_its_own_has_no_links(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert (run_in_airflow(*RUN), run_on_page(*RUN)) == (None, None)
