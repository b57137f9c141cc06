"""From findings to what is done: every case that is normal, and that nothing else is touched."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lake_gate.content import read_found
from lake_gate.finding_events.action import Action
from lake_gate.finding_events.deciding import Lake as Where
from lake_gate.finding_events.deciding import decide_all
from lake_gate.model.evidence import Observation
from lake_gate.model.run import Run
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
    own = finding(lake, lake.bronze, gate.key("a.csv"), "Medium")
    gate.write("findings.jsonl", b'{"id": "%s"}\n' % own["id"].encode())
    assert [action.status for action in decide(lake, own)] == ["decided_with_by_its_run"]


def test_finding_that_its_run_has_and_that_its_decision_contradicts_is_acted_on(lake: Lake, gate: Gate) -> None:
    own = finding(lake, lake.bronze, gate.key("a.csv"), "High")
    gate.write("findings.jsonl", json.dumps(own).encode())
    (action,) = decide(lake, own)
    assert (action.status, action.the_decision.outcome) == ("move", "quarantine")


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


def test_finding_follows_the_bytes_to_every_run_and_key_that_silver_has_them_under(lake: Lake) -> None:
    first = Gate(lake, {"a.csv": "hold"}, {"a.csv": b"same"}).over()
    others = [
        Gate(lake, {"x/b.csv": "promote", "c.csv": "promote"}, {"x/b.csv": b"same"}, Run("other", "manual__1+00:00")),
        Gate(lake, {"a.csv": "promote"}, {"a.csv": b"same"}, Run("synthea", "2")),
        Gate(lake, {"d.csv": "quarantine"}, {"d.csv": b"same"}, Run("synthea", "3")),
    ]
    for one in others:
        one.over()
    actions = decide(lake, finding(lake, lake.bronze, f"held/{first.key('a.csv')}"))
    moved = {(one.feed, one.folder, one.the_decision.name, one.the_decision.outcome) for one in actions}
    assert moved == {
        ("synthea", "1", "a.csv", "quarantine"),
        ("other", others[0].run.folder, "x/b.csv", "quarantine"),
        ("synthea", "2", "a.csv", "quarantine"),
    }
    assert [one.severity for one in read_found(lake.s3, lake.bronze, first.objects["a.csv"].sha256)] == ["High"]


def test_finding_in_a_stray_follows_its_bytes_too(lake: Lake) -> None:
    gate = Gate(lake, {"a.csv": "promote"}, {"a.csv": b"same"}).over()
    lake.s3.put_object(Bucket=lake.bronze, Key="dropbox/x.csv", Body=b"same")
    actions = decide(lake, finding(lake, lake.bronze, "dropbox/x.csv"))
    assert {(one.folder, one.status) for one in actions} == {("", "move"), (gate.run.folder, "move")}


def test_run_that_is_under_way_with_the_bytes_is_looked_at_again(lake: Lake, gate: Gate) -> None:
    going = Gate(lake, {"z.csv": "promote"}, {"z.csv": b"a.csv"}, Run("synthea", "2")).land().decide().move()
    found = finding(lake, lake.bronze, gate.key("a.csv"))
    statuses = {one.folder: one.status for one in decide(lake, found)}
    assert statuses == {"1": "move", "2": "left_to_its_run"}
    statuses = {one.folder: one.status for one in decide(lake, found, run_deadline=timedelta(0))}
    assert statuses == {"1": "move", "2": "move"}
    assert going.objects


def test_each_run_decides_about_the_same_bytes_by_its_own_policy(lake: Lake, gate: Gate) -> None:
    strict = {"name": "default", "sha256": "s", "quarantine_threshold": "Low", "promotion": "all or nothing"}
    Gate(lake, {"a.csv": "promote", "y.csv": "promote"}, run=Run("synthea", "2"), policy=strict).over()
    actions = decide(lake, finding(lake, lake.silver, gate.key("a.csv"), "Medium"))
    assert {(one.folder, one.status, one.key[-5:]) for one in actions} == {
        *(("1", "stands", "a.csv"), ("2", "move", "a.csv"), ("2", "move", "y.csv")),
    }
    assert all(one.because for one in actions if one.status == "move")


DAMAGE: dict[str, Any] = {
    "plan.json": b'{"decisions": "x", "po',
    "manifest.jsonl": b'{"name": "a.csv", "of": "other code"}\n',
    "record.json": b"[]",
    "results.jsonl.gz": b"\x1f\x8b\x08damaged",
    "reused.jsonl": b"{}\n",
    "amendments/e.jsonl": b"{}\n",
}


@pytest.mark.parametrize("document", [*DAMAGE, "decisions.jsonl"])
def test_damaged_run_shields_no_other_and_what_is_severe_in_it_leaves_all_the_same(
    lake: Lake, gate: Gate, document: str
) -> None:
    damaged = Gate(lake, {"x.csv": "promote", "y.csv": "promote"}, run=Run("synthea", "damaged")).over()
    if document in DAMAGE:
        damaged.write(document, DAMAGE[document])
    else:
        (version,) = lake.versions(lake.bronze, damaged.run.document(document))
        lake.s3.delete_object(Bucket=lake.bronze, Key=damaged.run.document(document), VersionId=version)
    severities = {damaged.key("x.csv"): "High", damaged.key("y.csv"): "Low", gate.key("a.csv"): "High"}
    actions = {one.key: one for one in decide(lake, *(finding(lake, lake.silver, *one) for one in severities.items()))}
    assert actions[gate.key("a.csv")].status == "move"
    severe, mild = actions[damaged.key("x.csv")], actions[damaged.key("y.csv")]
    assert (severe.status, severe.the_decision.outcome, mild.status) == ("move", "quarantine", "failed")
    assert document.partition(".")[0].partition("/")[0] in severe.damaged
    assert mild.why.startswith("damaged_")


class Denying:
    """An S3 client that is refused one key, or raises another error for it."""

    def __init__(self, s3: Any, key: str, error: Exception) -> None:
        self._s3, self._key, self._error = s3, key, error

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._s3, name)

        def checked(**arguments: Any) -> Any:
            if self._key in arguments.get("Key", ""):
                raise self._error
            return call(**arguments)

        return checked if name in {"get_object", "head_object"} else call


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ClientError({"Error": {"Code": "SlowDown"}}, "HeadObject"), "SlowDown"),
        (KeyError("a value"), "KeyError"),
        (TypeError("a value"), "TypeError"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "a value"), "UnicodeDecodeError"),
    ],
)
def test_object_that_cannot_be_looked_at_is_named_with_the_class_and_stops_nothing(
    lake: Lake, gate: Gate, error: Exception, why: str
) -> None:
    other = Gate(lake, {"z.csv": "promote"}, run=Run("synthea", "2")).over()
    lake.put(lake.silver, "stray.csv", b"x")
    lake.put(lake.silver, gate.key("b.csv"), b"other bytes over it")
    places = ["stray.csv", gate.key("a.csv"), gate.key("b.csv"), other.key("z.csv")]
    found = [Observation.from_api(finding(lake, lake.silver, key), is_finding=True) for key in places]
    for denied in ("stray.csv", gate.key("b.csv"), other.run.document("plan.json")):
        s3: Any = Denying(lake.s3, denied, error)
        actions = list(decide_all(Where(s3, lake.bronze, lake.silver, datetime.now(UTC)), found))
        failed = [one for one in actions if one.status == "failed"]
        if not (denied.endswith("plan.json") and isinstance(error, (KeyError, TypeError, ValueError))):
            assert [one.why for one in failed] == [why]
        moved = {one.key for one in actions if one.status == "move"}
        assert gate.key("a.csv") in moved
        assert len(moved) >= 3


def test_stray_that_is_not_to_be_moved_is_not_read_and_one_that_cannot_be_read_is_named(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key="old.csv", Body=b"x", StorageClass="GLACIER")
    lake.s3.put_object(Bucket=lake.silver, Key="old.csv", Body=b"x", StorageClass="GLACIER")
    cases = [(lake.bronze, "Low", "left"), (lake.bronze, "High", "failed"), (lake.silver, "Low", "failed")]
    for bucket, severity, status in cases:
        (action,) = decide(lake, finding(lake, bucket, "old.csv", severity))
        assert action.status == status
        assert status != "failed" or action.why == "InvalidObjectState"


def test_what_lies_in_silver_leaves_it_whatever_its_key_looks_like(lake: Lake, gate: Gate) -> None:
    dump = b"SSN\n219-09-9999\n"
    marker = json.loads(lake.read(lake.silver, gate.run.marker))
    spoilt = json.dumps({**marker, "notes": "219-09-9999"}).encode()
    keys = {"_runs/dump.csv": dump, "_verdicts/a.csv": dump, "_runs/synthea/9/a.csv": dump, "_content/x": dump}
    for key, content in {**keys, "_runs/synthea/9.json": dump, "_runs/synthea/8.json": spoilt}.items():
        lake.s3.put_object(Bucket=lake.silver, Key=key, Body=content)
        (action,) = decide(lake, finding(lake, lake.silver, key))
        assert (action.status, action.the_decision.outcome) == ("move", "quarantine"), key
    lake.s3.put_object(Bucket=lake.bronze, Key="_runs/dump.csv", Body=dump)
    assert [one.status for one in decide(lake, finding(lake, lake.bronze, "_runs/dump.csv"))] == ["move"]


def test_record_that_says_dry_is_believed_of_no_run_that_has_moved(lake: Lake, gate: Gate) -> None:
    record = lake.document(gate.run.document("record.json"))
    gate.write("record.json", json.dumps({**record, "dry_run": True}).encode())
    (action,) = decide(lake, finding(lake, lake.silver, gate.key("a.csv")))
    assert (action.status, action.feed) == ("move", "synthea")


@pytest.mark.parametrize("layer", ["silver", "bronze"])
def test_copy_in_silver_of_what_a_dry_run_has_landed_leaves_it(lake: Lake, layer: str) -> None:
    gate = Gate(lake, {"a.csv": "promote"}).land().decide()
    gate.write("run.json", b'{"dry_run": true}')
    gate.write("record.json", b'{"dry_run": true}')
    lake.put(lake.silver, gate.key("a.csv"), b"a.csv")
    actions = decide(lake, finding(lake, getattr(lake, layer), gate.key("a.csv"), "Medium"))
    moved = [(one.bucket, one.the_decision.outcome, one.feed) for one in actions if one.status == "move"]
    assert moved == [(lake.silver, "hold", "")]


def test_copy_in_silver_of_what_its_run_has_held_leaves_it_whichever_copy_macie_has_looked_at(
    lake: Lake, gate: Gate
) -> None:
    lake.put(lake.silver, gate.key("c.csv"), b"c.csv")
    actions = decide(lake, finding(lake, lake.bronze, f"held/{gate.key('c.csv')}", "Low"))
    assert {(one.status, one.bucket) for one in actions} == {("stands", lake.bronze), ("move", lake.silver)}
