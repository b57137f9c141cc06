"""From findings to what is done: every case that is normal, and that nothing else is touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lake_gate.finding_events.action import Action
from lake_gate.finding_events.deciding import Lake as Where
from lake_gate.finding_events.deciding import decide_all
from lake_gate.judging.evidence import Observation
from lake_gate.run import Run
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Gate, finding

OUTCOMES = {"a.csv": "promote", "b.csv": "promote", "c.csv": "hold", "d.csv": "quarantine"}


def decide(lake: Lake, *findings: dict[str, Any], **more: Any) -> list[Action]:
    where = Where(lake.s3, lake.bronze, lake.silver, datetime.now(UTC), **more)
    return list(decide_all(where, [Observation.from_api(one, is_finding=True) for one in findings]))


@pytest.fixture
def gate(lake: Lake) -> Gate:
    return Gate(lake, OUTCOMES).over()


def test_objects_of_a_run_are_decided_about_by_where_they_are_and_what_was_found(lake: Lake, gate: Gate) -> None:
    silver, bronze = lake.silver, lake.bronze
    cases = [
        (silver, gate.key("a.csv"), "High", "move", "quarantine"),
        (silver, gate.key("a.csv"), "Medium", "stands", None),
        (bronze, gate.key("b.csv"), "High", "move", "quarantine"),
        (bronze, f"held/{gate.key('c.csv')}", "High", "move", "quarantine"),
        (bronze, f"held/{gate.key('c.csv')}", "Low", "stands", None),
    ]
    for bucket, key, severity, status, outcome in cases:
        (action,) = decide(lake, finding(lake, bucket, key, severity))
        decided = action.decision["outcome"] if action.decision else None
        assert (action.status, decided) == (status, outcome), (key, severity)
        assert (action.feed, action.folder) == ("synthea", "1")


def test_all_findings_about_an_object_make_one_action_and_the_most_severe_decides(lake: Lake, gate: Gate) -> None:
    of_two = [
        finding(lake, bucket, gate.key("a.csv"), s) for bucket, s in ((lake.silver, "Low"), (lake.bronze, "High"))
    ]
    (action,) = decide(lake, *of_two)
    assert (action.status, sorted(action.findings.values())) == ("move", ["High", "Low"])


def test_quarantined_object_is_isolated_already(lake: Lake, gate: Gate) -> None:
    landed = gate.objects["d.csv"]
    (action,) = decide(lake, finding(lake, lake.bronze, landed.key, version=landed.version_id))
    assert action.status == "isolated_already"


def test_finding_that_its_run_has_decided_with_is_known(lake: Lake, gate: Gate) -> None:
    own = finding(lake, lake.bronze, gate.key("a.csv"))
    gate.write("findings.jsonl", b'{"id": "%s"}\n' % own["id"].encode())
    assert [action.status for action in decide(lake, own)] == ["decided_with_by_its_run"]


def test_object_of_a_run_that_goes_on_is_left_to_it_until_that_run_must_be_dead(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    found = finding(lake, lake.bronze, gate.key("a.csv"))
    assert [one.status for one in decide(lake, found)] == ["left_to_its_run"]
    assert [one.status for one in decide(lake, found, run_deadline=timedelta(0))] == ["move"]
    mild = finding(lake, lake.bronze, gate.key("a.csv"), "Medium")
    assert [one.status for one in decide(lake, mild, run_deadline=timedelta(0))] == ["left"]


def test_object_of_a_dry_run_is_left(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land().decide()
    gate.write("record.json", b'{"dry_run": true}')
    (action,) = decide(lake, finding(lake, lake.bronze, gate.key("a.csv")))
    assert (action.status, action.why) == ("left", "dry_run")


def test_version_that_is_not_there_is_gone_and_nothing_is_touched(lake: Lake, gate: Gate) -> None:
    for key in (gate.key("a.csv"), "stray.csv"):
        (action,) = decide(lake, finding(lake, lake.silver, key, version="0" * 32))
        assert (action.status, action.decision) == ("gone", None)


def test_what_the_gate_writes_down_is_never_touched(lake: Lake, gate: Gate) -> None:
    for bucket, key in ((lake.silver, gate.run.marker), (lake.bronze, gate.run.document("manifest.jsonl"))):
        (action,) = decide(lake, finding(lake, bucket, key))
        assert (action.status, action.why) == ("left", "document_of_the_gate")


def test_object_around_the_gate_leaves_silver_and_stays_in_bronze_unless_it_is_severe(lake: Lake, gate: Gate) -> None:
    cases = [
        ("silver", "High", "move", "quarantine"),
        ("silver", "Medium", "move", "hold"),
        ("bronze", "High", "move", "quarantine"),
        ("bronze", "Medium", "left", None),
    ]
    for key in ("stray.csv", "no/run/stray.csv", gate.key("never landed.csv")):
        for layer, severity, status, outcome in cases:
            bucket = getattr(lake, layer)
            lake.s3.put_object(Bucket=bucket, Key=key, Body=f"{key} {severity}".encode())
            (action,) = decide(lake, finding(lake, bucket, key, severity), run_deadline=timedelta(0))
            decided = action.decision["outcome"] if action.decision else None
            assert (action.status, decided, action.feed) == (status, outcome, ""), (key, layer, severity)


def test_object_that_a_run_may_just_be_landing_is_left_to_it(lake: Lake) -> None:
    lake.put(lake.bronze, "synthea/2/a.csv", b"x")
    (action,) = decide(lake, finding(lake, lake.bronze, "synthea/2/a.csv"))
    assert action.status == "left_to_its_run"


def test_other_bytes_over_a_promoted_object_are_around_the_gate(lake: Lake, gate: Gate) -> None:
    other = lake.put(lake.silver, gate.key("a.csv"), b"never scanned")
    (action,) = decide(lake, finding(lake, lake.silver, gate.key("a.csv"), "Low"))
    assert (action.status, action.feed, action.the_decision.version_id) == ("move", "", other.version_id)


def test_quarantined_object_that_somebody_has_put_into_silver_leaves_it(lake: Lake, gate: Gate) -> None:
    lake.put(lake.silver, gate.key("d.csv"), b"d.csv")
    (action,) = decide(lake, finding(lake, lake.silver, gate.key("d.csv"), "Low"))
    assert (action.status, action.the_decision.outcome) == ("move", "hold")


def test_runs_are_decided_about_each_by_itself(lake: Lake, gate: Gate) -> None:
    other = Gate(lake, {"a.csv": "promote"}, run=Run("synthea", "2")).over()
    found = [finding(lake, lake.silver, one.key("a.csv")) for one in (gate, other)]
    assert sorted(action.folder for action in decide(lake, *found)) == ["1", "2"]


def test_run_whose_policy_is_gone_is_decided_about_by_the_default_one_and_its_own_threshold(lake: Lake) -> None:
    policy = {"name": "gone", "sha256": "s", "quarantine_threshold": "Medium", "promotion": "each by itself"}
    gate = Gate(lake, {"a.csv": "promote"}, policy=policy).over()
    (action,) = decide(lake, finding(lake, lake.silver, gate.key("a.csv"), "Medium"))
    assert action.the_decision.outcome == "quarantine"


def unversioned(found: dict[str, Any], **s3_object: Any) -> dict[str, Any]:
    """The same finding, which names no version."""
    affected = found["resourcesAffected"]
    about = {**affected["s3Object"], "versionId": "", **s3_object}
    return {**found, "resourcesAffected": {**affected, "s3Object": about}}


@pytest.mark.parametrize("etag", [{}, {"eTag": ""}])
def test_finding_that_names_no_version_is_about_what_it_can_mean(lake: Lake, gate: Gate, etag: dict[str, str]) -> None:
    for bucket, key in ((lake.silver, gate.key("a.csv")), (lake.bronze, f"held/{gate.key('c.csv')}")):
        (action,) = decide(lake, unversioned(finding(lake, bucket, key), **etag))
        assert (action.status, action.the_decision.outcome, action.feed) == ("move", "quarantine", "synthea")


def test_finding_without_a_version_about_an_object_that_was_moved_since_follows_it(lake: Lake, gate: Gate) -> None:
    landed = gate.objects["c.csv"]
    assert lake.versions(lake.bronze, landed.key) == []
    was_there = finding(lake, lake.bronze, landed.key, version=landed.version_id)
    (action,) = decide(lake, unversioned(was_there, eTag=landed.etag))
    assert (action.status, action.the_decision.outcome) == ("move", "quarantine")
    assert [one.status for one in decide(lake, unversioned(was_there, eTag="another"))] == ["gone"]


def test_finding_without_a_version_about_other_bytes_over_a_promoted_object_is_about_those(
    lake: Lake, gate: Gate
) -> None:
    other = lake.put(lake.silver, gate.key("a.csv"), b"never scanned")
    (action,) = decide(lake, unversioned(finding(lake, lake.silver, gate.key("a.csv"))))
    assert (action.status, action.feed, action.the_decision.version_id) == ("move", "", other.version_id)


def test_stray_of_which_neither_version_nor_etag_is_named_leaves_silver(lake: Lake) -> None:
    stray = lake.put(lake.silver, "stray.csv", b"x")
    (action,) = decide(lake, unversioned(finding(lake, lake.silver, "stray.csv"), eTag=""))
    assert (action.status, action.the_decision.version_id) == ("move", stray.version_id)


def test_finding_about_a_stray_is_not_hidden_by_one_about_older_bytes_of_its_key(lake: Lake) -> None:
    lake.put(lake.silver, "stray.csv", b"x")
    severe = unversioned(finding(lake, lake.silver, "stray.csv"))
    older = unversioned(finding(lake, lake.silver, "stray.csv", "Low"), eTag="another")
    (action,) = decide(lake, older, severe)
    assert (action.status, action.the_decision.outcome) == ("move", "quarantine")
