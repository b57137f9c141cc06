"""Findings and the bytes that they are about, with and without a version id."""

from __future__ import annotations

import pytest

from tests.lake import Lake
from tests.lake_gate.finding_events.deciding.decide import decide, unversioned
from tests.lake_gate.finding_events.world import Gate, finding


@pytest.mark.parametrize("etag", [{}, {"eTag": ""}])
def test_finding_without_a_version_is_about_the_object_of_the_run_that_it_matches(
    lake: Lake, gate: Gate, etag: dict[str, str]
) -> None:
    for bucket, key in ((lake.silver, gate.key("a.csv")), (lake.bronze, f"held/{gate.key('c.csv')}")):
        (action,) = decide(lake, unversioned(finding(lake, bucket, key), **etag))
        assert (action.status, action.stricter_decision.outcome, action.feed) == ("move", "quarantine", "synthea")


def test_finding_without_a_version_about_an_object_that_was_moved_since_follows_it(lake: Lake, gate: Gate) -> None:
    landed = gate.objects["c.csv"]
    assert lake.versions(lake.bronze, landed.key) == []
    was_there = finding(lake, lake.bronze, landed.key, version=landed.version_id)
    (action,) = decide(lake, unversioned(was_there, eTag=landed.etag))
    assert (action.status, action.stricter_decision.outcome) == ("move", "quarantine")
    assert [one.status for one in decide(lake, unversioned(was_there, eTag="another"))] == ["gone"]


def test_finding_without_a_version_about_other_bytes_over_a_promoted_object_is_about_those(
    lake: Lake, gate: Gate
) -> None:
    other = lake.put(lake.silver, gate.key("a.csv"), b"never scanned")
    (action,) = decide(lake, unversioned(finding(lake, lake.silver, gate.key("a.csv"))))
    assert (action.status, action.feed, action.stricter_decision.version_id) == ("move", "", other.version_id)


def test_other_bytes_over_a_promoted_object_are_around_the_gate(lake: Lake, gate: Gate) -> None:
    other = lake.put(lake.silver, gate.key("a.csv"), b"never scanned")
    (action,) = decide(lake, finding(lake, lake.silver, gate.key("a.csv"), "Low"))
    assert (action.status, action.feed, action.stricter_decision.version_id) == ("move", "", other.version_id)
