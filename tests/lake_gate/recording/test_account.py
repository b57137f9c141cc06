"""The record of what was changed in the account."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from lake_gate.recording.account import render_table
from lake_gate.recording.operators import RecordAccountOperator
from tests.lake import Lake


def change(name: str, action: str) -> dict[str, Any]:
    return {"kind": "allow_list", "name": name, "action": action, "why": "there was none", "id": None}


def record(lake: Lake, changes: dict[str, Any], is_dry_run: bool | str = False) -> dict[str, Any]:
    operator = RecordAccountOperator(
        task_id="report",
        settings=lake.settings.to_json(),
        feed="macie_scheduled_job",
        changes=changes,
        facts={"job": {"spec": "daily"}},
        is_dry_run=is_dry_run,
    )
    started_at = datetime(2026, 11, 25, 1, tzinfo=UTC)
    dag_run = SimpleNamespace(dag_id="macie_scheduled_job", run_id="manual__1", start_date=started_at)
    uri = operator.execute({"dag_run": dag_run, "run_id": "manual__1"})
    assert uri == f"s3://{lake.bronze}/_runs/macie_scheduled_job/manual__1/record.json"
    written: dict[str, Any] = lake.document("_runs/macie_scheduled_job/manual__1/record.json")
    return written


def test_record_says_what_was_changed_and_what_is_not_known(lake: Lake) -> None:
    changes = [change("a", "create"), change("b", "keep"), change("c", "keep")]
    written = record(lake, {"first": changes[:2], "second": changes[2:], "third": None, "fourth": []})
    assert datetime.fromisoformat(written.pop("recorded_at")).tzinfo is not None
    assert written == {
        "dag_id": "macie_scheduled_job",
        "run_id": "manual__1",
        "started_at": "2026-11-25T01:00:00+00:00",
        "started_by": None,
        "airflow_url": None,
        "dry_run": False,
        "job": {"spec": "daily"},
        "changes": changes,
        "actions": {"create": 1, "keep": 2},
        "not_finished": ["third"],
    }


@pytest.mark.parametrize("is_dry_run", [True, "True"])
def test_record_says_that_nothing_was_changed_in_a_dry_run(lake: Lake, is_dry_run: bool | str) -> None:
    assert record(lake, {"first": [change("a", "create")]}, is_dry_run)["dry_run"] is True


def test_everything_is_logged_as_a_table(lake: Lake) -> None:
    with capture_logs() as logged:
        record(lake, {"first": [change("a 100%s name", "create")], "second": None})
    text = "\n".join(entry["event"] for entry in logged)
    assert "create  allow_list  a 100%s name  there was none" in text
    assert "second did not finish" in text


def test_columns_of_the_table_are_aligned() -> None:
    changes = [change("short", "keep"), change("a long name", "replace")]
    lines = list(render_table({"dry_run": True, "changes": changes, "not_finished": []}))
    assert "nothing was changed" in lines[0]
    assert {line.index("why" if "why" in line else "there") for line in lines[1:]} == {
        len("replace  allow_list  a long name  ")
    }


def test_record_is_json_in_whatever_script_names_are(lake: Lake) -> None:
    written = record(lake, {"first": [change("日本", "keep")]})
    assert json.loads(json.dumps(written))["changes"][0]["name"] == "日本"
