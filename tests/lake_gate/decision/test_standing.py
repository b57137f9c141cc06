"""Whole runs with exceptions: what passes, what is quarantined in spite of them, and what the record says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lake_gate.decision.standing import read_standing
from lake_gate.exceptions.store import add_exception
from lake_gate.model.exception import PolicyException
from tests.lake import Lake
from tests.lake_gate.exceptions.nights import (
    CARD,
    EXCUSED,
    NEXT_WEEK,
    PASSPORT,
    TODAY,
    YESTERDAY,
    Cells,
    Night,
    excused,
)

FALSE_POSITIVE: Cells = {CARD: {3: 2}}
PASSED = ("promote", "allowed_by_exception")
QUARANTINED = ("quarantine", "findings_at_or_above_threshold")


def add(lake: Lake, exception: PolicyException = EXCUSED) -> None:
    add_exception(lake.s3, lake.bronze, exception)


def test_false_positive_is_quarantined_and_passes_by_an_exception_and_passes_by_itself_the_next_night(
    lake: Lake,
) -> None:
    assert Night(lake, FALSE_POSITIVE, "night-0").over().outcome == QUARANTINED
    add(lake)
    for run_id in ("night-1", "night-2"):
        night = Night(lake, FALSE_POSITIVE, run_id).over()
        assert (night.outcome, night.named, night.is_in_silver) == (PASSED, [EXCUSED.id], True)
        used = {name: getattr(EXCUSED, name) for name in ("id", "kind", "release", "until")}
        assert night.rules["exceptions"] == [{**used, "objects": 1}]
        assert night.rules["standing_exceptions"] == {"ending": [], "never_used": [], "problems": []}


@pytest.mark.parametrize(
    ("exception", "cells", "reason"),
    [
        (EXCUSED, {CARD: {3: 2}, PASSPORT: {2: 1}}, "findings_at_or_above_threshold"),
        (EXCUSED, {CARD: {3: 6}}, "findings_at_or_above_threshold"),
        (excused(column="NPI"), {CARD: {3: 2, 2: 1}}, "findings_at_or_above_threshold"),
        (excused(dataset="patients"), FALSE_POSITIVE, "findings_at_or_above_threshold"),
        (excused(feed="other"), FALSE_POSITIVE, "findings_at_or_above_threshold"),
        (excused(until=YESTERDAY), FALSE_POSITIVE, "findings_at_or_above_threshold"),
        (excused(created_at=f"{NEXT_WEEK}T00:00:00+00:00"), FALSE_POSITIVE, "findings_at_or_above_threshold"),
        (excused(release="masked"), FALSE_POSITIVE, "findings_at_or_above_threshold"),
    ],
    ids=[
        "a passport number appears",
        "more than the most",
        "one more column",
        "another table",
        "another feed's exception",
        "it has ended",
        "it is not created yet",
        "only a masked copy may be released",
    ],
)
def test_table_is_quarantined_in_spite_of_an_exception(
    lake: Lake, exception: PolicyException, cells: Cells, reason: str
) -> None:
    add(lake, exception)
    night = Night(lake, cells).over()
    assert (night.outcome, night.named, night.is_in_silver) == (("quarantine", reason), [], False)
    assert night.rules["exceptions"] == []


def test_exception_for_a_column_excuses_it(lake: Lake) -> None:
    add(lake, excused(column="NPI"))
    assert Night(lake, FALSE_POSITIVE).over().outcome == PASSED


def test_exception_counts_on_its_last_day(lake: Lake) -> None:
    add(lake, excused(until=TODAY))
    assert Night(lake, FALSE_POSITIVE).over().outcome == PASSED


def test_exception_for_bytes_excuses_these_bytes_alone(lake: Lake) -> None:
    reviewed = Night(lake, FALSE_POSITIVE).over().landed.sha256
    scope: dict[str, Any] = {"dataset": None, "identifier": None, "most": None}
    add(lake, excused(**scope, sha256=reviewed, detections={CARD: 2}))
    assert Night(lake, FALSE_POSITIVE, "night-2").over().outcome == PASSED
    assert Night(lake, FALSE_POSITIVE, "night-3", content=b"Id,NAME,NPI\n1,a,b\n").over().outcome == QUARANTINED


def test_revoked_exception_excuses_nothing(lake: Lake, revoke: Callable[[str], None]) -> None:
    add(lake)
    revoke(EXCUSED.id)
    assert Night(lake, FALSE_POSITIVE).over().outcome == QUARANTINED


def test_exception_that_was_revoked_excuses_nothing_after_the_file_is_gone(
    lake: Lake, revoke: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(lake)
    revoke(EXCUSED.id)
    assert Night(lake, FALSE_POSITIVE).over().outcome == QUARANTINED
    monkeypatch.delenv("LAKE_GATE_INCLUDE")
    assert Night(lake, FALSE_POSITIVE, "night-2").over().outcome == QUARANTINED


def test_mistyped_id_that_the_file_revokes_is_in_the_record_and_stops_no_run(
    lake: Lake, revoke: Callable[[str], None]
) -> None:
    add(lake)
    revoke("mistyped")
    night = Night(lake, FALSE_POSITIVE).over()
    assert night.outcome == PASSED
    (problem,) = night.rules["standing_exceptions"]["problems"]
    assert "revokes mistyped" in problem


def test_damaged_exception_excuses_nothing_and_the_record_says_so(lake: Lake) -> None:
    lake.put(lake.bronze, EXCUSED.key, json.dumps({**EXCUSED.to_json(), "most": "SECRET"}).encode())
    night = Night(lake, FALSE_POSITIVE).over()
    assert night.outcome == QUARANTINED
    (problem,) = night.rules["standing_exceptions"]["problems"]
    assert EXCUSED.key in problem
    assert "SECRET" not in problem


def test_more_in_the_same_bytes_elsewhere_is_not_excused(lake: Lake) -> None:
    add(lake)
    assert Night(lake, {CARD: {3: 6}}, "night-1").over().outcome == QUARANTINED
    assert Night(lake, FALSE_POSITIVE, "night-2").over().outcome == QUARANTINED


def test_decision_is_repeated_with_the_same_exceptions_once_moves_have_begun(
    lake: Lake, revoke: Callable[[str], None]
) -> None:
    add(lake)
    night = Night(lake, FALSE_POSITIVE).over()
    revoke(EXCUSED.id)
    assert night.decide().over().outcome == PASSED
    assert Night(lake, FALSE_POSITIVE, "night-2").over().outcome == QUARANTINED


def test_decision_is_made_again_with_today_s_exceptions_before_moves_have_begun(
    lake: Lake, revoke: Callable[[str], None]
) -> None:
    add(lake)
    night = Night(lake, FALSE_POSITIVE).decide()
    revoke(EXCUSED.id)
    assert night.over().outcome == QUARANTINED


def test_exceptions_that_end_soon_and_those_never_used_are_named(lake: Lake) -> None:
    add(lake, excused(until=NEXT_WEEK))
    add(lake, excused(id="other", dataset="payers"))
    add(lake, excused(id="ended", until=YESTERDAY))
    standing = read_standing(lake.s3, lake.bronze, "synthea", datetime.now(UTC))
    assert standing.facts["ending"] == [f"{EXCUSED.id} ({NEXT_WEEK})"]
    assert standing.facts["never_used"] == ["other", EXCUSED.id]
    assert Night(lake, FALSE_POSITIVE).over().rules["standing_exceptions"]["never_used"] == ["other"]
    assert replace(EXCUSED, until=NEXT_WEEK) in standing.exceptions
