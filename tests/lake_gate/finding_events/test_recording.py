"""The record of a run of ``finding_events``: every object in it, and the sums."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from lake_gate.finding_events.action import Action, Done, Status
from lake_gate.finding_events.recording import Examination, Totals, build_record, iter_entries
from lake_gate.model.manifest import Moved
from tests.builders import decided


def action(status: str, outcome: str = "quarantine", severity: str = "High", **more: Any) -> Action:
    decision = asdict(decided("a.csv", outcome)) if status == Status.MOVE else None
    return Action(
        "silver", "synthea/1/a.csv", "v", {f"f-{severity}": severity}, status, "why", decision=decision, **more
    )


PLACE = Moved("a.csv", "quarantine", "synthea/1/a.csv", "q1")


def counted(
    actions: list[Action], moved: list[Moved | Done | None], failed_before: Any = None
) -> tuple[list[Any], Totals]:
    totals = Totals()
    done = (one if isinstance(one, Done) else Done(one) for one in moved)
    return list(totals.counted(iter_entries(actions, done, failed_before or {}))), totals


def test_each_object_that_was_moved_is_where_its_ledger_says() -> None:
    actions = [action("move", was="promote"), action("move", "hold"), action("stands", was="promote")]
    entries, totals = counted(actions, [PLACE, Moved("a.csv", "bronze", "held/a", "h1")])
    assert [entry["now"]["version_id"] if entry["now"] else None for entry in entries] == ["q1", "h1", None]
    assert (totals.moved, totals.withdrawn) == (2, 1)
    assert totals.to_json()["outcomes"] == {"quarantine": 1, "hold": 1}


def test_object_that_was_nowhere_any_more_is_gone_and_not_moved() -> None:
    (entry,), totals = counted([action("move", was="promote")], [None])
    assert (entry["status"], totals.moved, totals.withdrawn) == ("gone", 0, 0)


def test_findings_that_are_left_for_the_next_run_are_named() -> None:
    _, totals = counted([action("left_to_its_run", severity="Low"), action("left")], [])
    assert (totals.pending, totals.to_json()["pending"]) == (["f-Low"], 1)


def test_object_that_failed_is_named_and_its_findings_are_looked_at_again() -> None:
    actions = [action("move"), action("failed"), action("move", "hold", because=["of another"])]
    actions[2] = replace(actions[2], findings={})
    done: list[Moved | Done | None] = [Done(PLACE, "AccessDenied"), Done(None, "SlowDown", is_passing=True)]
    entries, totals = counted(actions, done, {"f-High": {"why": "AccessDenied"}})
    assert [(one["status"], one["why"], one["failed_before"]) for one in entries] == [
        ("failed", "AccessDenied", True),
        ("failed", "why", False),
        ("failed", "SlowDown", False),
    ]
    assert entries[0]["now"]["version_id"] == "q1"
    assert totals.pending == ["f-High", "f-High", "of another"]
    assert totals.failed["of another"] == {"bucket": "silver", "key": "synthea/1/a.csv", "why": "SlowDown"}
    assert (totals.newly_failed, totals.to_json()["failed"]) == (2, 3)
    assert totals.first_failed[0] == "s3://silver/synthea/1/a.csv (AccessDenied)"


def test_record_counts_the_messages_and_the_findings_of_macie() -> None:
    _, totals = counted([action("stands")], [])
    taken = {"finding_ids": ["a", "b"], "duplicates": 1, "poison": {"not_json": 2}, "dead_letters_failed": 0}
    record = build_record(
        run={"run_id": "1"},
        taken=taken,
        listed={"findings": 5, "unknown": 1},
        examination=Examination({"a": 1, "b": 2, "c": 3}, seen_before=1, unreadable=1),
        totals=totals,
        objects_uri="s3://o",
    )
    assert record["events"] == {"hints": 2, "duplicates": 1, "poison": {"not_json": 2}, "dead_letters_failed": 0}
    assert record["findings"] == {"findings": 5, "unknown": 1, "new": 2, "seen_before": 1, "unreadable": 1}
    assert json.loads(json.dumps(record))["totals"]["statuses"] == {"stands": 1}


@pytest.mark.parametrize(("moved", "problem"), [([], "fewer lines"), ([PLACE, PLACE], "more lines")])
def test_ledgers_of_another_length_than_the_actions_are_refused(moved: list[Any], problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem} than actions$"):
        counted([action("move")], moved)
