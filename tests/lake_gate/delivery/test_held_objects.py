"""What is held: everything below held/, since when, and why."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lake_gate.decision.reason import REASONS
from lake_gate.delivery.held_objects import HeldObject, iter_held
from lake_gate.model.names import UNKNOWN
from tests.lake import Lake
from tests.lake_gate.holding import hold
from tests.lake_gate.meanwhile import Meanwhile

DOCUMENT = Path(__file__).parents[3] / "docs" / "decisions.md"


def listed(lake: Lake, feed: str | None = None) -> list[HeldObject]:
    return list(iter_held(lake.s3, lake.bronze, feed))


def test_held_object_is_listed_with_its_run_and_reason(lake: Lake) -> None:
    begun = datetime.now(UTC).replace(microsecond=0)
    copy = hold(lake, "sub/a b+ü.csv", reason="analysis_skipped", content=b"12345")
    (one,) = listed(lake)
    assert (one.feed, one.run_folder, one.name, one.reason) == ("synthea", "1", "sub/a b+ü.csv", "analysis_skipped")
    assert (one.key, one.version_id, one.size_bytes) == (copy.key, copy.version_id, 5)
    assert begun <= datetime.fromisoformat(one.held_at) <= datetime.now(UTC)
    assert one.held_at.endswith("+00:00")


def test_objects_of_all_feeds_are_listed_or_of_one(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lake_gate.s3.threads._WINDOW", 2)
    for feed, name in [("synthea", "c"), ("claims", "a"), ("synthea", "b"), ("synthea2", "d"), ("synthea", "a")]:
        hold(lake, name, feed=feed)
    assert [f"{one.feed}/{one.name}" for one in listed(lake)] == [
        *("claims/a", "synthea/a", "synthea/b", "synthea/c", "synthea2/d"),
    ]
    assert [one.name for one in listed(lake, "synthea")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("key", "feed", "run_folder", "name"),
    [
        ("held/synthea/1/by hand.csv", "synthea", "1", "by hand.csv"),
        ("held/synthea/stray.csv", UNKNOWN, UNKNOWN, "stray.csv"),
        ("held/stray.csv", UNKNOWN, UNKNOWN, "stray.csv"),
        ("held/{{ 7*7 }}/1/a.csv", UNKNOWN, UNKNOWN, "a.csv"),
        ("held//1/a.csv", UNKNOWN, UNKNOWN, "a.csv"),
        ("held/Synthea/1/a.csv", UNKNOWN, UNKNOWN, "a.csv"),
        ("held/synthea//a.csv", UNKNOWN, UNKNOWN, "a.csv"),
        ("held/synthea/a b/a.csv", UNKNOWN, UNKNOWN, "a.csv"),
        ("held/synthea/{{ 7*7 }}/a.csv", UNKNOWN, UNKNOWN, "a.csv"),
        ("held/synthea/1/../a.csv", UNKNOWN, UNKNOWN, "../a.csv"),
        ("held/synthea/1/a\tb.csv", UNKNOWN, UNKNOWN, "a\tb.csv"),
        ("held/synthea/1/C:a.csv", UNKNOWN, UNKNOWN, "C:a.csv"),
        ("held/synthea/1/.hidden", UNKNOWN, UNKNOWN, ".hidden"),
        ("held/synthea/__MACOSX/a.csv", UNKNOWN, UNKNOWN, "a.csv"),
        ("held/masked/synthea/a.csv", UNKNOWN, UNKNOWN, "a.csv"),
        ("held/masked/1/a/b.csv", UNKNOWN, UNKNOWN, "b.csv"),
    ],
)
def test_object_that_no_run_has_put_there_is_listed_as_unknown(
    lake: Lake, key: str, feed: str, run_folder: str, name: str
) -> None:
    lake.put(lake.bronze, key, b"x")
    (one,) = listed(lake)
    assert (one.feed, one.run_folder, one.name, one.reason) == (feed, run_folder, name, UNKNOWN)


def test_masked_copy_is_of_its_feed_and_is_not_re_processed(lake: Lake) -> None:
    lake.put(lake.bronze, "held/masked/synthea/1/sub/a.csv", b"x", Tagging="reason=masked_not_clean")
    (one,) = listed(lake)
    assert (one.feed, one.run_folder, one.name) == ("synthea", "1/masked", "sub/a.csv")
    assert one.reason == "masked_not_clean"
    assert listed(lake, "synthea") == listed(lake, "masked") == []


def test_objects_below_the_prefix_of_a_feed_that_no_run_gives_are_none_of_the_feed(lake: Lake) -> None:
    for key in ("held/synthea/1/a.csv", "held/synthea/{{ 7*7 }}/a.csv", "held/synthea/stray.csv"):
        lake.put(lake.bronze, key, b"x")
    assert [one.key for one in listed(lake, "synthea")] == ["held/synthea/1/a.csv"]


def test_reason_that_the_gate_never_gives_is_unknown(lake: Lake) -> None:
    lake.put(lake.bronze, "held/synthea/1/a.csv", b"x", Tagging="reason=lake_gate%20alarm")
    lake.put(lake.bronze, "held/synthea/1/b.csv", b"x", Tagging="reason=job_sampled")
    assert [one.reason for one in listed(lake)] == [UNKNOWN, "job_sampled"]


def test_latest_version_is_listed_and_what_was_removed_is_not(lake: Lake) -> None:
    first, removed = hold(lake, "a.csv"), hold(lake, "b.csv")
    later = lake.put(lake.bronze, first.key, b"other")
    lake.s3.delete_object(Bucket=lake.bronze, Key=removed.key)
    lake.put(lake.bronze, "held/synthea/1/folder/", b"")
    lake.put(lake.bronze, "synthea/1/landed.csv", b"not held")
    assert [(one.key, one.version_id) for one in listed(lake)] == [(first.key, later.version_id)]


def test_object_that_goes_while_it_is_listed_is_left_out(lake: Lake) -> None:
    copy = hold(lake)
    version = {"Bucket": lake.bronze, "Key": copy.key, "VersionId": copy.version_id}
    s3: Any = Meanwhile("GetObjectTagging", lambda: lake.s3.delete_object(**version))
    assert list(iter_held(s3, lake.bronze)) == []


def test_reasons_are_those_that_the_document_holds_objects_for() -> None:
    rows = re.findall(r"\| (promote|quarantine|hold) \| `(\w+)` \|$", DOCUMENT.read_text(), re.MULTILINE)
    of_copies = {"masked_not_clean"}  # only originals are re-processed
    assert {*REASONS} == {reason for outcome, reason in rows if outcome == "hold"} - of_copies | {UNKNOWN}
