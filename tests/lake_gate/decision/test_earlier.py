"""When a column was seen first: over runs that came before, with gaps, dry runs and damage between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lake_gate.decision.columns import ColumnLine
from lake_gate.decision.earlier import iter_columns, write_columns
from lake_gate.model.run import COLUMNS, Run
from lake_gate.runs_index import upsert
from tests.lake import Lake

SSN = ColumnLine("patients.csv", "SSN", 4, "USA_SSN", "PERSONAL_INFORMATION", "High", 10, False, 10, True, ["f"])
NOTES = replace(SSN, column="NOTES", index=9)


def run(lake: Lake, number: int, *lines: ColumnLine, **facts: Any) -> dict[str, str | None]:
    """Write the columns of the run of a day, and return where each identifier was seen first."""
    made = Run("synthea", f"manual__{number}")
    facts = {"started_at": f"2026-11-{number:02}T00:00:00+00:00", "state": "recorded", **facts}
    upsert(lake.s3, lake.bronze, made, **facts)
    write_columns(lake.s3, lake.bronze, made, lambda: iter(lines))
    return {
        str(line.column): line.first_seen and line.first_seen["run_id"]
        for line in iter_columns(lake.s3, lake.bronze, made)
    }


def test_first_run_sees_everything_first(lake: Lake) -> None:
    assert run(lake, 1, SSN, NOTES) == {"SSN": None, "NOTES": None}


def test_column_keeps_the_run_that_saw_it_first_and_a_new_one_is_new(lake: Lake) -> None:
    run(lake, 1, SSN)
    run(lake, 2, SSN)
    assert run(lake, 3, SSN, NOTES) == {"SSN": "manual__1", "NOTES": None}
    (line, _) = iter_columns(lake.s3, lake.bronze, Run("synthea", "manual__3"))
    assert line.first_seen == {"run_id": "manual__1", "folder": "manual__1", "at": "2026-11-01T00:00:00+00:00"}


def test_runs_without_the_column_between_change_nothing(lake: Lake) -> None:
    run(lake, 1, SSN)
    run(lake, 2)
    run(lake, 3, NOTES)
    assert run(lake, 4, SSN) == {"SSN": "manual__1"}


@pytest.mark.parametrize("facts", [{"is_dry_run": True}, {"state": "running"}, {"state": "failed"}])
def test_dry_runs_and_runs_without_a_record_have_seen_nothing(lake: Lake, facts: dict[str, Any]) -> None:
    run(lake, 1, SSN, **facts)
    assert run(lake, 2, SSN) == {"SSN": None}


def test_run_that_is_cleared_later_compares_with_the_runs_before_it(lake: Lake) -> None:
    run(lake, 1)
    run(lake, 2, SSN)
    assert run(lake, 1, SSN) == {"SSN": None}


def test_damaged_document_of_an_earlier_run_is_passed_over(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    run(lake, 1, SSN)
    run(lake, 2, SSN)
    key = Run("synthea", "manual__2").document(COLUMNS)
    lake.s3.put_object(Bucket=lake.bronze, Key=key, Body=b'{"name": "secret-of-a-file"}\n')
    assert run(lake, 3, SSN) == {"SSN": "manual__1"}
    assert "columns.jsonl is damaged" in caplog.text
    assert "secret" not in caplog.text
