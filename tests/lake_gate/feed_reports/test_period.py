"""Sums of a month: which runs count, in which sum."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.feed_reports.period import AGES, Coverage, Period
from lake_gate.model.runs import MOST_RUNS, RunRow
from tests.lake_gate.pages.conftest import row

UNTIL = "2026-12-01T00:00:00+00:00"


def rows(*listed: dict[str, Any]) -> list[RunRow]:
    return [RunRow(**item) for item in listed]


def period(*listed: dict[str, Any]) -> Period:
    return Period("synthea", "2026-11", UNTIL, rows(*listed))


def test_runs_count_in_the_month_in_which_they_began() -> None:
    found = period(
        row("d", started_at="2026-12-01T00:00:00+00:00"),
        row("c", started_at="2026-11-30T23:59:59+00:00", updated_at="2026-12-01T00:05:00+00:00"),
        row("b", started_at=None, updated_at="2026-11-02T00:00:00+00:00"),
        row("a", started_at="2026-10-31T23:59:59+00:00"),
    )
    assert [item.run_id for item in found.deliveries] == ["b", "c"]
    assert list(found.days) == ["2026-11-02", "2026-11-30"]


def test_dry_runs_cost_money_and_move_no_file() -> None:
    found = period(row("b", is_dry_run=True), row("a", state="failed", outcomes={}, objects=None, usd=None))
    total = found.total
    assert (total.runs, total.failed, total.files, total.usd, dict(total.outcomes)) == (2, 1, 0, 0.5, {})
    assert [waiting.files for waiting in found.waiting] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("started_at", "expected"),
    [
        ("2026-11-30T00:00:00+00:00", 0),
        ("2026-11-29T23:59:59+00:00", 1),
        ("2026-11-24T00:00:00+00:00", 1),
        ("2026-11-23T23:59:59+00:00", 2),
        ("2026-11-01T00:00:00+00:00", 2),
        ("2026-10-31T23:59:59+00:00", 3),
        ("2020-01-01T00:00:00+00:00", 3),
        ("2026-12-02T00:00:00+00:00", None),
        ("not a time", None),
    ],
)
def test_quarantined_files_have_an_age_also_those_of_earlier_months(started_at: str, expected: int | None) -> None:
    waiting = period(row(started_at=started_at)).waiting
    assert [item.files for item in waiting] == [int(number == expected) for number in range(len(AGES))]


def test_a_month_with_more_runs_than_the_index_keeps_is_not_complete() -> None:
    listed = [row(str(number), started_at="2026-11-02T00:00:00+00:00") for number in range(MOST_RUNS)]
    assert not period(*listed).is_complete
    assert period(*listed[1:]).is_complete
    assert period(*listed[1:], row("old", started_at="2026-10-02T00:00:00+00:00")).is_complete


def test_coverage_is_rounded_down_and_names_the_files_without_evidence() -> None:
    coverage = Coverage()
    assert coverage.percent == ""
    coverage.add("1", [(f"{number}.csv", number > 0) for number in range(10_000)])
    assert (coverage.promoted, coverage.proven, coverage.percent) == (10_000, 9_999, "99.9 %")
    assert coverage.unproven.items == ["1: 0.csv"]
    whole = Coverage()
    whole.add("1", [("a.csv", True)])
    assert whole.percent == "100 %"


def test_exceptions_are_summed_over_runs_and_older_records_have_none() -> None:
    found, used = period(), {"id": "org", "kind": "accepted", "release": "as_is", "until": "2026-12-31"}
    for record in ({}, {"reused": 2, "rules": {"exceptions": [{**used, "objects": 2}]}}, {"rules": None}):
        found.add_record(record)
    found.add_record({"reused": 1, "rules": {"exceptions": [{**used, "objects": None}, "damaged"]}})
    assert found.exceptions == {"org": {**used, "runs": 2, "objects": 2}}
    assert found.reused == 3


def review(state: str, *names: str, **changes: Any) -> dict[str, Any]:
    facts = {"asked_at": "2026-11-20T00:00:00+00:00", "closed_at": "2026-11-21T00:00:00+00:00", "run_folder": "a"}
    return {**facts, "id": "r", "action": "release", "state": state, "files": len(names), "names": names, **changes}


def answers_of(*reviews: dict[str, Any]) -> list[dict[str, int]]:
    found = period(row("a", started_at="2026-11-01T00:00:00+00:00", outcomes={"quarantine": 3}))
    for each in reviews:
        found.add_review({**each, "names": list(each["names"])})
    return [{**waiting.answers, "": waiting.unanswered} for waiting in found.waiting if waiting.files]


@pytest.mark.parametrize(
    ("reviews", "expected"),
    [
        ([], {"": 3}),
        ([review("released", "x", "y"), review("kept", "z")], {"released": 2, "kept": 1, "": 0}),
        ([review("kept", "x"), review("purged", "x")], {"purged": 1, "": 2}),
        ([review("refused", "x"), review("expired", "y"), review("open", "z")], {"": 3}),
        ([review("kept", "x", run_folder="other")], {"": 3}),
        ([review("kept", "x", closed_at="2026-12-01T00:00:01+00:00")], {"": 3}),
        ([review("kept", "w", "x", "y", "z")], {"kept": 4, "": 0}),
    ],
    ids=["none", "answered", "the last counts", "no answer", "of another run", "after the month", "of originals, too"],
)
def test_quarantined_files_are_counted_by_their_last_answer(
    reviews: list[dict[str, Any]], expected: dict[str, int]
) -> None:
    assert answers_of(*reviews) == [expected]


def test_requests_of_other_months_are_not_listed() -> None:
    found = period()
    found.add_review(review("kept", "x"))
    found.add_review(review("kept", "x", "y", asked_at="2026-10-31T23:59:59+00:00"))
    assert (found.reviews.count, dict(found.asked)) == (1, {"kept": 1})
