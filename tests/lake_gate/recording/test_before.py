"""The same tables in the run before: matched by dataset, past dry runs, and never a reason to fail."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lake_gate.decision.columns import ColumnLine
from lake_gate.model import jsonl
from lake_gate.model.run import COLUMNS, OBJECTS, RUN, Run
from lake_gate.recording.before import RunBefore
from lake_gate.runs_index import upsert
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.notifications.test_digest import report

SSN = ColumnLine("patients.csv", "SSN", 4, "USA_SSN", "PERSONAL_INFORMATION", "High", 10, False, 10, True, ["f"])
FOUND: dict[str, Any] = {"detections": {"USA_SSN": 10}}
CELLS = {"cells": 10, "is_capped": False}
NOW = Run("synthea", "now")


def ran(lake: Lake, number: int, *decisions: Any, lines: tuple[ColumnLine, ...] = (), **facts: Any) -> Run:
    """Write the documents of an earlier run."""
    run = Run("synthea", f"run-{number}")
    _, entries = report(*decisions)
    content = {OBJECTS: b"".join(map(jsonl.to_line, entries)), COLUMNS: b"".join(line.to_line() for line in lines)}
    for name, lines_of in content.items():
        lake.s3.put_object(Bucket=lake.bronze, Key=run.document(name), Body=lines_of)
    upsert(lake.s3, lake.bronze, run, **{"state": "recorded", "started_at": f"2026-11-{number:02}", **facts})
    return run


def compared(lake: Lake, *decisions: Any, lines: tuple[ColumnLine, ...] = ()) -> dict[str, Any]:
    """Return the comparison of each file of the run that ends now."""
    _, entries = report(*decisions)
    before = RunBefore.read(lake.s3, lake.bronze, NOW)
    return {entry["name"]: entry["before"] for entry in before.compare(entries, lines)}


def test_first_run_of_a_feed_is_compared_with_nothing(lake: Lake) -> None:
    assert compared(lake, decided("patients.csv", **FOUND)) == {"patients.csv": None}


def test_table_is_found_by_its_dataset_in_another_folder(lake: Lake) -> None:
    ran(lake, 1, decided("2025/patients.csv", "hold", reason="not_analysed"))
    before = compared(lake, decided("2026/Patients.csv", "quarantine", **FOUND))["2026/Patients.csv"]
    assert (before["run_id"], before["outcome"], before["reason"]) == ("run-1", "hold", "not_analysed")
    assert before["new_identifiers"] == ["USA_SSN"]


def test_new_and_gone_columns_are_named(lake: Lake) -> None:
    ran(lake, 1, decided("patients.csv", "quarantine", **FOUND), lines=(SSN,))
    notes = replace(SSN, column="NOTES", index=9)
    before = compared(lake, decided("patients.csv", "quarantine", **FOUND), lines=(notes,))["patients.csv"]
    assert before["new_columns"] == [{"column": "NOTES", "index": 9, "identifier": "USA_SSN", **CELLS}]
    assert before["gone_columns"] == [{"column": "SSN", "index": 4, "identifier": "USA_SSN", **CELLS}]


def test_files_of_the_same_dataset_are_matched_by_name_or_not_at_all(lake: Lake) -> None:
    ran(lake, 1, decided("a/x.csv", "hold"), decided("b/x.csv"))
    found = compared(lake, decided("a/x.csv"), decided("c/x.csv"))
    assert (found["a/x.csv"]["outcome"], found["c/x.csv"]) == ("hold", None)


@pytest.mark.parametrize("later", [{"is_dry_run": True}, {"state": "running"}, {"state": "failed"}])
def test_latest_run_with_a_record_counts(lake: Lake, later: dict[str, Any]) -> None:
    ran(lake, 1, decided("patients.csv", "hold"))
    ran(lake, 2, decided("patients.csv", "promote"), **later)
    assert compared(lake, decided("patients.csv"))["patients.csv"]["outcome"] == "hold"


def test_entries_without_columns_between_others_have_none(lake: Lake) -> None:
    _, entries = report(decided("a.csv"), decided("b.csv", **FOUND), decided("c.csv"))
    lines = [replace(SSN, name="b.csv"), replace(SSN, name="gone.csv")]
    found = list(RunBefore().compare(entries, lines))
    assert [(entry["name"], entry["finding_ids"]) for entry in found] == [
        ("a.csv", []),
        ("b.csv", ["f"]),
        ("c.csv", []),
    ]


def test_damaged_documents_of_the_run_before_stop_no_record(lake: Lake) -> None:
    run = ran(lake, 1, decided("patients.csv"))
    lake.s3.put_object(Bucket=lake.bronze, Key=run.document(OBJECTS), Body=b"{}\n")
    assert compared(lake, decided("patients.csv")) == {"patients.csv": None}


def test_run_of_which_only_the_folder_is_known_is_compared_with_earlier_ones(lake: Lake) -> None:
    """As when its record is written again: by a later finding, or a purge."""
    run = Run("synthea", "manual__2026-11-02T10:00:00+00:00")
    for number in (1, 3):
        ran(lake, number, decided("patients.csv", "hold"))
    upsert(lake.s3, lake.bronze, run, state="recorded", started_at="2026-11-02")
    assert RunBefore.read(lake.s3, lake.bronze, Run.of_folder("synthea", run.folder)).run_id == "run-1"
    assert RunBefore.read(lake.s3, lake.bronze, Run.of_folder("synthea", run.folder).masked).run_id == "run-1"


def test_run_that_the_index_does_not_have_is_compared_with_earlier_ones(lake: Lake) -> None:
    run = Run("synthea", "manual__2026-11-02T10:00:00+00:00")
    for number in (1, 3):
        ran(lake, number, decided("patients.csv", "hold"))
    pin = {"run_id": run.run_id, "source": "s3://in/", "dry_run": False, "began_at": "2026-11-02"}
    lake.s3.put_object(Bucket=lake.bronze, Key=run.document(RUN), Body=json.dumps(pin).encode())
    assert RunBefore.read(lake.s3, lake.bronze, Run.of_folder("synthea", run.folder)).run_id == "run-1"
