"""The rows of a feed's index: which run comes first, what a change keeps, and damage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.model.runs import FAILED, MOST_MESSAGES, MOST_RUNS, RECORDED, RunRow, dump, ordered, parse, updated


def row(run_id: str, **facts: Any) -> RunRow:
    return RunRow(run_id, run_id, **facts)


def test_rows_come_back_as_they_were_written_the_newest_first() -> None:
    rows = [
        row("old", started_at="2026-11-01T00:00:00+00:00", state=RECORDED, outcomes={"promote": 2}, usd=1),
        row("new", started_at="2026-11-02T00:00:00+00:00", messages=["m"]),
    ]
    assert [(r.run_id, r.outcomes, list(r.messages)) for r in parse(dump("synthea", rows)) or ()] == [
        ("new", {}, ["m"]),
        ("old", {"promote": 2}, []),
    ]


def test_run_that_never_started_has_its_place_by_its_last_change() -> None:
    rows = [row("a", updated_at="2026-11-01"), row("b", started_at="2026-11-02"), row("c", updated_at="2026-11-03")]
    assert [r.run_id for r in ordered(rows)] == ["c", "b", "a"]


def test_oldest_rows_leave_a_full_index() -> None:
    rows = [row(str(n), started_at=f"{n:06}") for n in range(MOST_RUNS + 5)]
    kept = ordered(rows)
    assert (len(kept), kept[0].run_id, kept[-1].run_id) == (MOST_RUNS, str(MOST_RUNS + 4), "5")


def test_change_keeps_the_other_facts_of_its_row_and_all_other_rows() -> None:
    rows = [row("a", objects=3, outcomes={"hold": 3}, state=RECORDED), row("b")]
    changed = updated(rows, "a", "a", {"state": FAILED, "failed_task": "notify"})
    assert [(r.run_id, r.state, r.objects, r.failed_task) for r in changed] == [
        ("a", FAILED, 3, "notify"),
        ("b", "running", None, None),
    ]


def test_messages_are_added_once_each_and_the_latest_are_kept() -> None:
    rows: list[RunRow] = []
    for number in range(MOST_MESSAGES + 3):
        rows = updated(rows, "a", "a", {"messages": [str(number), str(number)]})
    assert list(rows[0].messages) == [str(number) for number in range(3, MOST_MESSAGES + 3)]


@pytest.mark.parametrize(
    "content",
    [None, b"", b"[" * 100_000, b"[]", b"3", b'{"schema": "other", "runs": []}', b'{"schema": "lake-gate/runs/1"}'],
)
def test_missing_or_damaged_index_is_no_empty_index(content: bytes | None) -> None:
    assert parse(content) is None


@pytest.mark.parametrize(
    "damaged",
    [
        *(None, 3, {}, {"run_id": "x", "folder": 3}, {"run_id": "x", "folder": "x", "state": "gone"}),
        *({"run_id": "x", "folder": folder} for folder in ("a/b", "..", "")),
    ],
)
def test_rows_that_are_not_valid_are_left_out(damaged: Any) -> None:
    valid = json.loads(dump("synthea", [row("a")]))["runs"]
    content = json.dumps({"schema": "lake-gate/runs/1", "feed": "synthea", "runs": [damaged, *valid]}).encode()
    assert [r.run_id for r in parse(content) or ()] == ["a"]
