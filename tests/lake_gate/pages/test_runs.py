from __future__ import annotations

from typing import Any

import pytest

from lake_gate.model.runs import RunRow
from lake_gate.pages.runs import FeedRow, Filters, Waiting, before, latest_first, summarize


def row(run_id: str, **facts: Any) -> FeedRow:
    facts = {"state": "recorded", "started_at": "2026-11-28T02:00:00+00:00", **facts}
    feed = facts.pop("feed", "synthea")
    return FeedRow.of(feed, RunRow(run_id, run_id, **facts))


ROWS = [
    row("quarantined", outcomes={"quarantine": 2, "promote": 1}, usd=1.5),
    row("held", outcomes={"hold": 3}, started_at="2026-11-20T02:00:00+00:00", usd=0.25),
    row("dry", outcomes={"hold": 9}, is_dry_run=True),
    row("failed", state="failed", started_at="2026-10-01T00:00:00+00:00", usd=7.0),
    row("running", state="running"),
    row("empty", state="empty"),
    row("other", feed="clinic", outcomes={"promote": 5}, started_at=None, updated_at="2026-11-29T00:00:00+00:00"),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"quarantined", "held", "dry", "failed", "running", "empty", "other"}),
        (Filters(feed="clinic"), {"other"}),
        (Filters(state="failed"), {"failed"}),
        (Filters(state="waiting"), {"quarantined", "held"}),
        (Filters(since="2026-11-21", until="2026-11-28", dry_runs="hide"), {"quarantined", "running", "empty"}),
        (Filters(until="2026-10-31", feed="synthea"), {"failed"}),
        (Filters(dry_runs="only"), {"dry"}),
    ],
)
def test_filters_let_pass(filters: Filters, expected: set[str]) -> None:
    assert {passed.run_id for passed in filters.apply(ROWS)} == expected


def test_sums_count_what_was_moved_and_the_money_of_this_month() -> None:
    summary = summarize(ROWS, "2026-11")
    assert summary.quarantined == Waiting(2, 1, "2026-11-28T02:00:00+00:00")
    assert summary.held == Waiting(3, 1, "2026-11-20T02:00:00+00:00")
    assert (summary.failed, summary.usd) == (1, 1.75)


def test_held_files_that_were_processed_again_do_not_wait() -> None:
    assert summarize(ROWS, "2026-11", ["held/synthea/held/a.csv"]).held.files == 2
    assert summarize(ROWS, "2026-11", [f"held/synthea/held/{name}" for name in "abcd"]).held == Waiting()
    assert summarize(ROWS, "2026-11", ["held/clinic/held/a.csv"]).held.files == 3


def test_earlier_runs_are_those_with_a_record() -> None:
    rows = [row("now"), row("running", state="running"), row("then"), row("dry", is_dry_run=True), row("first")]
    assert [found.run_id for found in before(rows, "now")] == ["then", "first"]
    assert [found.run_id for found in before(rows, "first")] == []
    assert [found.run_id for found in before(rows, "not indexed")] == ["now", "then", "first"]


def test_runs_of_several_feeds_are_in_the_order_of_their_start() -> None:
    ordered = [found.run_id for found in latest_first(ROWS)]
    assert (ordered[0], ordered[-1]) == ("other", "failed")
