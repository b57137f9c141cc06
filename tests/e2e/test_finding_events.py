"""What Macie finds outside the gate's own runs: whole runs of both DAGs, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dev import in_process
from tests.lake import Lake
from tests.lake_gate.finding_events.elsewhere import discover, scan
from tests.runs import Ended, RunAny, RunDag

PATIENT = "76982e06-f8b8-4509-9ca3-65a99c8650fe"
FILES = {"medium.csv": b"PATIENT\n" + PATIENT.encode() + b"\n", "clean.csv": b"A\n1\n", "held.pdf": b"%PDF"}


@pytest.fixture
def run_events(run_any: RunAny) -> Callable[[], Ended]:
    dag = in_process.load_dag("finding_events")
    return lambda: run_any(dag, "finding_events")


@pytest.fixture
def delivered(run_dag: RunDag, tmp_path: Path) -> Ended:
    """A run of the gate that is over: one file clean, one Medium, one held."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return run_dag(source=str(tmp_path))


def test_finding_of_another_job_pulls_an_object_back_from_silver(
    lake: Lake, delivered: Ended, run_events: Callable[[], Ended]
) -> None:
    received = lake.messages_of(lake.settings.high_topic_arn)
    assert delivered.names_in(lake.silver) == {"clean.csv", "medium.csv"}
    scan(lake.silver, "High")
    events = run_events()
    assert (events.state, delivered.names_in(lake.silver)) == ("success", {"clean.csv"})
    assert delivered.names_in(lake.quarantine) == {"medium.csv"}
    assert delivered.names_in(lake.bronze) == {"clean.csv"}
    assert lake.read(lake.quarantine, f"{delivered.run.prefix}medium.csv") == FILES["medium.csv"]
    assert [one["key"] for one in delivered.marker["objects"]] == [f"{delivered.run.prefix}clean.csv"]
    assert [one["key"] for one in delivered.marker["withdrawn"]] == [f"{delivered.run.prefix}medium.csv"]
    assert delivered.outcomes == {"clean.csv": "promote", "medium.csv": "quarantine", "held.pdf": "hold"}
    assert delivered.record["accounted"]
    (message,) = received()
    assert "medium.csv" in message["Message"]
    assert PATIENT not in message["Message"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["silver", "bronze"])
def test_finding_of_automated_discovery_pulls_an_object_back_from_silver(
    lake: Lake, delivered: Ended, run_events: Callable[[], Ended], place: str
) -> None:
    assert delivered.names_in(lake.silver) == {"clean.csv", "medium.csv"}
    discover(getattr(lake, place), "High")
    events = run_events()
    assert (events.state, delivered.names_in(lake.silver)) == ("success", {"clean.csv"})
    assert lake.read(lake.quarantine, f"{delivered.run.prefix}medium.csv") == FILES["medium.csv"]
    assert [withdrawn["key"] for withdrawn in delivered.marker["withdrawn"]] == [f"{delivered.run.prefix}medium.csv"]
    assert delivered.outcomes["medium.csv"] == "quarantine"


@pytest.mark.slow
def test_same_findings_change_nothing_the_second_time(
    lake: Lake, delivered: Ended, run_events: Callable[[], Ended]
) -> None:
    scan(lake.silver, "High")
    assert run_events().tasks["withdraw"] == "success"
    marker = lake.versions(lake.silver, delivered.run.marker)
    again = run_events()
    assert (again.state, again.tasks["withdraw"]) == ("success", "skipped")
    assert again.objects == []
    assert lake.versions(lake.silver, delivered.run.marker) == marker


@pytest.mark.slow
def test_findings_of_the_gates_own_job_are_known_and_of_no_consequence(
    lake: Lake, delivered: Ended, run_events: Callable[[], Ended]
) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    events = run_events()
    assert [one["status"] for one in events.objects] == ["decided_with_by_its_run"]
    assert received() == []


@pytest.mark.slow
@pytest.mark.airflow
def test_readers_of_silver_are_told(lake: Lake, delivered: Ended, run_events: Callable[[], Ended]) -> None:
    scan(lake.silver, "High")
    events = run_events()
    said = {name: json.loads(json.dumps(extra)) for name, extra in asset_events(events.run.run_id)}
    assert set(said) == {"silver_synthea", "quarantine_synthea"}
    assert said["silver_synthea"]["withdrawn"] == 1
    assert said["silver_synthea"]["run_id"] == delivered.run.run_id


def asset_events(run_id: str) -> list[tuple[str, Any]]:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        events = session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run_id))
        return [(event.asset.name, event.extra) for event in events]
