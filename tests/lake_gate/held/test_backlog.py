"""What is held, summed up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.delivery.held_objects import HeldObject
from lake_gate.held.backlog import Backlog, Overdue, is_overdue, notice, overdue_feeds, table

NOW, NOON, NIGHT = "2026-11-25T18:00:00+00:00", "2026-11-25T12:00:00+00:00", "2026-11-24T23:59:59+00:00"
HELD = [
    HeldObject("synthea", "1", "a.csv", "held/synthea/1/a.csv", "v", 10, NOW, "not_analysed"),
    HeldObject("synthea", "1", "b.csv", "held/synthea/1/b.csv", "v", 20, NOON, "analysis_skipped"),
    HeldObject("synthea", "2", "a.csv", "held/synthea/2/a.csv", "v", 30, NIGHT, "analysis_skipped"),
    HeldObject("claims", "1", "c.csv", "held/claims/1/c.csv", "v", 40, NOW, "job_sampled"),
]


NOTHING: dict[str, Any] = {"quarantined_older_than_days": 7, "quarantine": [], "requests": {}}


def summed() -> dict[str, Any]:
    backlog = Backlog(overdue_before=NOON)
    for one in HELD:
        backlog.count(one)
    return {**backlog.to_json(), **NOTHING}


def test_objects_are_summed_up_by_feed_and_reason_the_largest_first() -> None:
    written = summed()
    assert (written["objects"], written["overdue"], written["overdue_before"]) == (4, 2, NOON)
    assert [tuple(group.values()) for group in written["groups"]] == [
        ("claims", "job_sampled", 1, 40, 0, NOW),
        ("synthea", "analysis_skipped", 2, 50, 2, NIGHT),
        ("synthea", "not_analysed", 1, 10, 0, NOW),
    ]
    assert overdue_feeds(written) == ["synthea"]


def test_nothing_held_is_nothing_overdue_and_a_table_of_no_rows() -> None:
    written = Backlog(NOON).to_json()
    assert (written["objects"], written["overdue"], written["groups"]) == (0, 0, [])
    assert overdue_feeds({**written, **NOTHING}) == []
    assert len(list(table([]))) == 1


@pytest.mark.parametrize(("held_at", "overdue"), [(NIGHT, True), (NOON, True), (NOW, False)])
def test_object_is_overdue_from_that_very_second_on(held_at: str, overdue: bool) -> None:
    assert is_overdue(held_at, NOON) is overdue


def test_table_has_a_row_for_each_group_in_columns() -> None:
    head, *rows = table(summed()["groups"])
    assert [row.split() for row in rows][1] == ["synthea", "analysis_skipped", "2", "2", "50", NIGHT]
    assert [row.index("2026") for row in rows] == [head.index("oldest_held_at")] * 3


def test_message_names_overdue_objects_and_counts_the_others() -> None:
    record = {**summed(), "older_than_hours": 6}
    held = [{"key": HELD[2].key, "reason": "analysis_skipped", "held_at": NIGHT}]
    sent = notice("synthea", record, Overdue(held), "s3://b/r")
    request = sent.to_sns()
    body, sms = json.loads(request["Message"])["default"], json.loads(request["Message"])["sms"]
    assert request["Subject"] == "[synthea] 2 files held for more than 6 hours"
    assert "Held files of this feed: 3, 2 of them" in body
    assert f"- held/synthea/2/a.csv: analysis_skipped, since {NIGHT}\n... and 1 more" in body
    assert body.endswith("Run record: s3://b/r")
    assert ("claims" in body, "csv" in sms) == (False, False)
    counts = {name: value["StringValue"] for name, value in request["MessageAttributes"].items()}
    assert (counts["feed"], counts["outcome"], counts["hold"], counts["overdue"]) == ("synthea", "held", "3", "2")


@pytest.mark.parametrize(("key", "is_copy"), [("held/masked/synthea/1/a.csv", True), ("held/synthea/2/a.csv", False)])
def test_message_says_that_masked_copies_are_not_re_processed(key: str, is_copy: bool) -> None:
    held = [{"key": key, "reason": "masked_not_clean", "held_at": NIGHT}]
    sent = notice("synthea", {**summed(), "older_than_hours": 6}, Overdue(held), "s3://b/r")
    assert any("are not re-processed" in line for line in sent.lines) is is_copy
