"""How far the findings were dealt with: nothing twice, and nothing left out."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from lake_gate.finding_events.watermark import LOOK_BACK_MS, Watermark

NOW = 10 * LOOK_BACK_MS
BEGINNING = Watermark.parse(None, now_ms=NOW)


def test_first_run_looks_at_everything() -> None:
    assert (BEGINNING.since_ms, BEGINNING.is_new("a")) == (0, True)


def test_watermark_is_read_as_it_was_written() -> None:
    moved = BEGINNING.moved({"a": NOW, "b": NOW - 1}, ["b"], now_ms=NOW)
    assert Watermark.parse(moved.to_bytes(), now_ms=NOW) == moved


def test_finding_that_appears_late_is_listed_and_new_and_one_that_was_seen_is_not() -> None:
    moved = BEGINNING.moved({"a": NOW}, [], now_ms=NOW)
    assert moved.since_ms == NOW - LOOK_BACK_MS
    assert (moved.is_new("late"), moved.is_new("a")) == (True, False)


def test_findings_older_than_the_look_back_are_forgotten_as_they_are_not_listed_any_more() -> None:
    moved = BEGINNING.moved({"old": NOW - LOOK_BACK_MS - 1, "edge": NOW - LOOK_BACK_MS, "new": NOW}, [], now_ms=NOW)
    assert set(moved.seen) == {"edge", "new"}


def test_finding_that_was_left_is_new_again_until_it_is_looked_at() -> None:
    left = BEGINNING.moved({"a": NOW, "b": NOW}, ["a"], now_ms=NOW)
    assert (left.is_new("a"), left.pending) == (True, frozenset({"a"}))
    assert left.moved({"a": NOW}, [], now_ms=NOW).pending == frozenset()


def test_time_of_the_watermark_never_goes_back() -> None:
    assert BEGINNING.moved({"a": NOW}, [], now_ms=NOW).moved({"hint": 1}, [], now_ms=NOW).updated_at_ms == NOW


def test_two_runs_keep_the_pending_findings_of_each_other() -> None:
    for order in itertools.permutations([({"a": NOW, "b": NOW}, ["b"]), ({"c": NOW + 1, "d": NOW + 1}, ["d"])]):
        watermark = BEGINNING
        for looked_at, left in order:
            watermark = watermark.moved(looked_at, left, now_ms=NOW + 1)
        assert (watermark.updated_at_ms, watermark.pending) == (NOW + 1, frozenset({"b", "d"}))
        assert set(watermark.seen) == {"a", "b", "c", "d"}


def test_why_an_object_failed_is_kept_until_it_is_looked_at_again() -> None:
    why = {"a": {"bucket": "silver", "key": "a.csv", "why": "AccessDenied"}}
    failed = BEGINNING.moved({"a": NOW, "b": NOW}, ["a", "b"], why, now_ms=NOW)
    assert Watermark.parse(failed.to_bytes(), now_ms=NOW) == failed
    assert (failed.failed, failed.is_new("a")) == (why, True)
    assert failed.moved({"b": NOW}, [], now_ms=NOW).failed == why
    assert failed.moved({"a": NOW}, [], now_ms=NOW).failed == {}


def test_finding_with_a_time_in_the_future_hides_none_before_it() -> None:
    moved = BEGINNING.moved({"a": NOW * 1000}, [], now_ms=NOW)
    assert moved.since_ms == NOW - LOOK_BACK_MS
    assert not moved.is_new("a", NOW * 1000)


def test_finding_that_has_changed_since_is_new() -> None:
    moved = BEGINNING.moved({"a": NOW}, [], now_ms=NOW)
    assert (moved.is_new("a", NOW), moved.is_new("a", NOW + 1)) == (False, True)


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"{}", b'{"updated_at_ms": "x", "seen": {}, "pending": []}', b"[" * 100_000]
)
def test_damaged_watermark_begins_at_the_beginning(content: bytes) -> None:
    assert Watermark.parse(content, now_ms=NOW) == BEGINNING


def test_watermark_from_the_future_begins_at_the_beginning() -> None:
    """As of another unit: nothing would be listed, and no finding ever withdraw anything."""
    ahead = Watermark(NOW + LOOK_BACK_MS, {}, frozenset({"a"}))
    assert Watermark.parse(ahead.to_bytes(), now_ms=NOW) == ahead
    assert Watermark.parse(replace(ahead, updated_at_ms=NOW * 1000).to_bytes(), now_ms=NOW) == BEGINNING
