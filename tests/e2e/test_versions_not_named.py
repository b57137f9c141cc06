"""Whole runs with a Macie that names no version: in results, in findings, in both; and what is found afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.test_finding_events import run_events
from tests.e2e.test_moods_of_macie import when_a_job_runs
from tests.e2e.test_reuse_and_cost import deliver, read_by_job, run_reusing
from tests.lake import Lake
from tests.lake_gate.finding_events.elsewhere import scan
from tests.runs import Ended, RunDag

__all__ = ["run_events", "run_reusing"]

ALL = [""]
WORLDS = {
    "results": {"results_unversioned": ALL},
    "findings": {"findings_unversioned": ALL},
    "both": {"results_unversioned": ALL, "findings_unversioned": ALL},
}
PATIENT = b"PATIENT\n76982e06-f8b8-4509-9ca3-65a99c8650fe\n"
FILES = {"clean.csv": b"A\n1\n", "medium.csv": PATIENT, "high.csv": b"SSN\n219-09-9999\n", "held.pdf": b"%PDF"}
REASONS = {
    "clean.csv": "clean",
    "medium.csv": "findings_below_threshold",
    "high.csv": "findings_at_or_above_threshold",
    "held.pdf": "not_analysed",
}


@pytest.mark.parametrize(
    "world",
    [pytest.param(world, marks=pytest.mark.slow if world != "both" else ()) for world in WORLDS],
)
def test_run_and_what_is_found_later_are_as_if_versions_were_named(
    lake: Lake, run_dag: RunDag, run_events: Callable[[], Ended], tmp_path: Path, world: str
) -> None:
    lake.turn(**WORLDS[world])
    ended = run_dag(source=deliver(tmp_path, FILES))
    assert (ended.state, ended.reasons, ended.record["accounted"]) == ("success", REASONS, True)
    inferred = {entry["name"] for entry in ended.objects if entry["is_version_inferred"]}
    assert inferred == {"medium.csv", "high.csv"} | ({"clean.csv"} if world != "findings" else set())
    assert ended.names_in(lake.silver) == {"clean.csv", "medium.csv"}
    assert ended.names_in(lake.quarantine) == {"high.csv"}
    assert ended.names_in(lake.bronze, "held/") == {"held.pdf"}
    assert {one["status"] for one in run_events().objects} == {"decided_with_by_its_run"}
    scan(lake.silver, "High")
    assert run_events().state == "success"
    assert ended.names_in(lake.silver) == {"clean.csv"}
    assert ended.names_in(lake.quarantine) == {"medium.csv", "high.csv"}
    assert ended.outcomes["medium.csv"] == "quarantine"


@pytest.mark.slow
def test_verdict_on_what_named_no_version_is_reused(lake: Lake, run_reusing: RunDag, tmp_path: Path) -> None:
    lake.turn(**WORLDS["both"])
    files = {name: FILES[name] for name in ("clean.csv", "medium.csv")}
    run_reusing(source=deliver(tmp_path, files))
    second = run_reusing(source=deliver(tmp_path, {**files, "new.csv": b"B\n"}))
    assert second.reasons == {"clean.csv": "verdict_reused", "medium.csv": "verdict_reused", "new.csv": "clean"}
    assert read_by_job(second) == {"new.csv"}
    assert {entry["name"] for entry in second.objects if entry["is_version_inferred"]} == {"new.csv"}


@pytest.mark.parametrize("content", [b"A\nharmless\n", FILES["clean.csv"]], ids=["other bytes", "the same bytes"])
def test_object_that_was_overwritten_before_it_was_read_is_held(
    lake: Lake, run_dag: RunDag, tmp_path: Path, content: bytes
) -> None:
    lake.turn(**WORLDS["both"], job_held=True)

    def overwrite(*_: object) -> None:
        (key,) = lake.keys(lake.bronze)
        lake.put(lake.bronze, key, content)
        lake.turn(job_held=False)

    meddler = when_a_job_runs(overwrite)
    ended = run_dag(source=deliver(tmp_path, {"clean.csv": FILES["clean.csv"]}))
    meddler.join()
    assert ended.reasons == {"clean.csv": "version_not_named"}
    assert lake.keys(lake.silver) == []
