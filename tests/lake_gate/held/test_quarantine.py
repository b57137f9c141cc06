"""What waits in quarantine: listed and tagged, never read."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.held import quarantine
from lake_gate.held.quarantine import iter_quarantined, with_reasons
from tests.lake import Lake
from tests.lake_gate.review.conftest import as_gate, quarantined_run
from tests.lake_gate.review.conftest import quarantine as isolate

__all__ = ["as_gate"]


def listed(lake: Lake, answers: Any = None) -> list[Any]:
    return list(iter_quarantined(lake.s3, lake.quarantine, answers or {}))


def reasons(lake: Lake) -> dict[str, str]:
    return {file.key: file.reason for file in with_reasons(lake.s3, lake.quarantine, listed(lake))}


def test_files_have_feed_run_and_answer_and_seals_are_not_files(lake: Lake) -> None:
    file = isolate(lake)
    lake.put(lake.quarantine, "_sealed/0123/abc", b"")
    (found,) = listed(lake, {(file.key, file.version_id): "kept"})
    assert (found.feed, found.run_folder, found.key, found.answer) == ("synthea", "1", file.key, "kept")
    assert (found.version_id, found.size_bytes) == (file.version_id, file.size_bytes)
    assert found.quarantined_at.endswith("+00:00")


def test_newest_version_of_a_key_counts_and_an_answer_about_an_older_one_does_not(lake: Lake) -> None:
    file = isolate(lake)
    newer = lake.put(lake.quarantine, file.key, b"other").version_id
    (found,) = listed(lake, {(file.key, file.version_id): "kept"})
    assert (found.version_id, found.answer) == (newer, "")


def test_a_file_below_a_delete_marker_is_still_there(lake: Lake) -> None:
    file = isolate(lake)
    lake.s3.delete_object(Bucket=lake.quarantine, Key=file.key)
    assert [found.version_id for found in listed(lake)] == [file.version_id]


@pytest.mark.parametrize(
    ("key", "feed"),
    [
        ("masked/synthea/1/a.csv", "synthea"),
        ("synthea/a.csv", "unknown"),
        ("a.csv", "unknown"),
        ("{{ 7*7 }}/1/a.csv", "unknown"),
        ("synthea/{{ x }}/a.csv", "unknown"),
    ],
)
def test_keys_of_no_run_have_an_unknown_feed(lake: Lake, key: str, feed: str) -> None:
    lake.put(lake.quarantine, key, b"A")
    assert [found.feed for found in listed(lake)] == [feed]


def test_reason_is_that_of_the_tags_and_a_word_of_another_writer_is_none(lake: Lake) -> None:
    file = isolate(lake)
    lake.put(lake.quarantine, "synthea/1/x.csv", b"A", Tagging="reason=lake_gate%20alarm")
    assert reasons(lake) == {file.key: "findings_at_or_above_threshold", "synthea/1/x.csv": "unknown"}


def test_originals_of_masked_copies_wait_for_nothing(lake: Lake) -> None:
    lake.put(lake.quarantine, "synthea/1/x.csv", b"A", Tagging="decision=mask&reason=masked_by_rule")
    assert reasons(lake) == {}


def test_tags_of_files_beyond_the_limit_are_not_read(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST_TAGGED", 1)
    isolate(lake, "a.csv")
    isolate(lake, "b.csv")
    assert list(reasons(lake).values()) == ["findings_at_or_above_threshold", "unknown"]


def test_a_file_that_goes_meanwhile_is_left_out(lake: Lake) -> None:
    file = isolate(lake)
    found = listed(lake)
    lake.s3.delete_object(Bucket=lake.quarantine, Key=file.key, VersionId=file.version_id)
    assert list(with_reasons(lake.s3, lake.quarantine, found)) == []


def test_the_gate_needs_no_permission_to_read_quarantine(lake: Lake, as_gate: Any) -> None:
    quarantined_run(lake)
    s3 = as_gate()
    (found,) = with_reasons(s3, lake.quarantine, iter_quarantined(s3, lake.quarantine, {}))
    assert found.reason == "findings_at_or_above_threshold"
