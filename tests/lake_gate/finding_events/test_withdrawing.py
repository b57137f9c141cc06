"""Objects that are pulled back: out of silver, out of bronze, out of the marker, and in the record where they are."""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from lake_gate.content import read_found
from lake_gate.errors import GateError
from lake_gate.ledger.audit import Audit, Report
from lake_gate.ledger.book import read_head
from lake_gate.ledger.chain import Line, name_of, prefix_of
from lake_gate.ledger.stores import BucketStore
from lake_gate.model.run import Run
from lake_gate.recording.operators import PublishOperator, RecordOperator
from tests.faults.choice import SEED, sample
from tests.lake import Lake
from tests.lake_gate.finding_events.world import FACTS, POLICY, Events, Gate, context_of, finding
from tests.lake_gate.meanwhile import Meanwhile
from tests.snapshot import SetUpOnce

CRASHES = 1000 if os.environ.get("FAULTS_ALL") else 2
"""At how many calls a withdrawal is made to die: FAULTS_ALL=1 does so at each, else FAULTS_SEED chooses."""
OUTCOMES = {"a.csv": "promote", "b.csv": "promote", "c.csv": "hold", "d.csv": "quarantine"}


@pytest.fixture
def gate(lake: Lake, once: SetUpOnce) -> Gate:
    """A run that is over, and published."""
    return once(Gate(lake, OUTCOMES).over)


def test_severe_object_is_in_quarantine_only_and_its_run_says_so(lake: Lake, gate: Gate) -> None:
    events = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))]).go()
    assert events.statuses == ["move"]
    assert lake.versions(lake.silver, gate.key("a.csv")) == lake.versions(lake.bronze, gate.key("a.csv")) == []
    assert lake.read(lake.quarantine, gate.key("a.csv")) == b"a.csv"
    assert (gate.trusted, gate.withdrawn) == ({"b.csv"}, {"a.csv"})
    entry = gate.entries["a.csv"]
    assert (entry["outcome"], entry["severity"], entry["findings"]) == ("quarantine", "High", {"High": 1})
    assert entry["amended"]["was"] == "promote"
    assert entry["amended"]["by"] == "events-1"
    now = entry["now"]
    assert lake.read(now["bucket"], now["key"], now["version_id"]) == b"a.csv"
    assert gate.record_json["accounted"]
    assert gate.record_json["totals"]["outcomes"] == {"promote": 1, "hold": 1, "quarantine": 2}
    assert events.announced["silver_synthea"]["withdrawn"] == events.announced["quarantine_synthea"]["quarantined"] == 1


def test_rest_of_an_all_or_nothing_run_is_held_with_the_severe_object(lake: Lake) -> None:
    policy = {**POLICY, "promotion": "all or nothing"}
    gate = Gate(lake, {"a.csv": "promote", "b.csv": "promote"}, policy=policy).over()
    events = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))]).go()
    assert lake.keys(lake.silver) == []
    assert lake.keys(lake.quarantine) == [gate.key("a.csv")]
    assert lake.keys(lake.bronze, "held/") == [f"held/{gate.key('b.csv')}"]
    assert lake.keys(lake.bronze, "synthea/") == []
    assert (gate.trusted, gate.withdrawn) == (set(), {"a.csv", "b.csv"})
    assert gate.entries["b.csv"]["reason"] == "run_not_promotable"
    assert events.announced["silver_synthea"]["withdrawn"] == 2


def test_held_object_becomes_quarantined_under_its_own_key(lake: Lake, gate: Gate) -> None:
    Events(lake, [finding(lake, lake.bronze, f"held/{gate.key('c.csv')}")]).go()
    assert lake.versions(lake.bronze, f"held/{gate.key('c.csv')}") == []
    assert lake.read(lake.quarantine, gate.key("c.csv")) == b"c.csv"
    assert gate.entries["c.csv"]["amended"]["was"] == "hold"
    assert gate.withdrawn == set()


def test_second_copy_in_silver_goes_with_the_first(lake: Lake, gate: Gate) -> None:
    lake.put(lake.silver, gate.key("a.csv"), b"a.csv")
    Events(lake, [finding(lake, lake.bronze, gate.key("a.csv"))]).go()
    assert lake.versions(lake.silver, gate.key("a.csv")) == []


def test_other_bytes_at_the_same_key_stay(lake: Lake, gate: Gate) -> None:
    found = finding(lake, lake.silver, gate.key("a.csv"))
    other = lake.put(lake.silver, gate.key("a.csv"), b"of another writer")
    Events(lake, [found]).go()
    assert lake.versions(lake.silver, gate.key("a.csv")) == [other.version_id]


def test_object_without_any_copy_is_recorded_as_gone_and_fails_nothing(lake: Lake, gate: Gate) -> None:
    found = [finding(lake, lake.silver, gate.key(name)) for name in ("a.csv", "b.csv")]
    for bucket in (lake.silver, lake.bronze):
        (version,) = lake.versions(bucket, gate.key("a.csv"))
        lake.s3.delete_object(Bucket=bucket, Key=gate.key("a.csv"), VersionId=version)
    events = Events(lake, found).go()
    assert sorted(events.statuses) == ["gone", "move"]
    assert gate.trusted == set()
    assert lake.keys(lake.quarantine, gate.key("b.csv")) == [gate.key("b.csv")]


def test_marker_that_another_writer_has_spoilt_does_not_keep_an_object_in_silver(lake: Lake, gate: Gate) -> None:
    found = finding(lake, lake.silver, gate.key("a.csv"))
    lake.put(lake.silver, gate.run.marker, b"{}")
    Events(lake, [found]).go()
    assert lake.versions(lake.silver, gate.key("a.csv")) == []
    assert lake.read(lake.silver, gate.run.marker) == b"{}"


def test_findings_are_kept_by_content_wherever_it_is_landed_again(lake: Lake, gate: Gate) -> None:
    Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))]).go()
    found = {name: read_found(lake.s3, lake.bronze, gate.objects[name].sha256) for name in ("a.csv", "b.csv")}
    assert [one.severity for one in found["a.csv"]] == ["High"]
    assert found["b.csv"] == ()


def test_run_may_be_recorded_and_published_again_and_brings_nothing_back(lake: Lake, gate: Gate) -> None:
    Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))]).go()
    before = gate.marker, gate.entries
    gate.move().record().publish()
    assert (gate.marker, gate.entries) == before
    assert lake.keys(lake.silver) == [gate.key("b.csv")]


def test_run_that_died_while_it_moved_can_go_on_without_the_object(lake: Lake) -> None:
    gate = Gate(lake, {"a.csv": "promote", "b.csv": "promote"}).land().decide()
    found = finding(lake, lake.bronze, gate.key("a.csv"))
    events = Events(lake, [found], run_deadline=timedelta(0)).go()
    assert events.statuses == ["move"]
    gate.move().record().publish()
    assert (lake.keys(lake.silver), gate.trusted) == ([gate.key("b.csv")], {"b.csv"})
    assert gate.entries["a.csv"]["outcome"] == "quarantine"


def publishing(lake: Lake, gate: Gate) -> None:
    """Publish, and let the withdrawal happen at the last moment before the marker is written."""
    pull_back = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))])
    operator: Any = PublishOperator(task_id="t", settings=lake.settings.to_json(), feed="synthea")
    operator.s3 = Meanwhile("PutObject", pull_back.go)
    operator.step(context_of(gate.run.run_id))


def recording(lake: Lake, gate: Gate) -> None:
    """Record, and let the withdrawal happen at the last moment before the record is written; then publish."""
    pull_back = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))], run_deadline=timedelta(0))
    operator: Any = RecordOperator(
        task_id="t", settings=lake.settings.to_json(), feed="synthea", facts=FACTS, is_dry_run="False"
    )
    operator.s3 = Meanwhile("PutObject", pull_back.go)
    operator.step(context_of(gate.run.run_id))
    gate.publish()


@pytest.mark.parametrize("race", [publishing, recording])
def test_object_withdrawn_while_its_run_writes_is_not_trusted(lake: Lake, race: Any) -> None:
    gate = Gate(lake, OUTCOMES).land().decide().move()
    if race is publishing:
        gate.record()
    race(lake, gate)
    assert (gate.trusted, gate.withdrawn) == ({"b.csv"}, {"a.csv"})
    assert gate.entries["a.csv"]["now"]["bucket"] == lake.quarantine
    assert lake.keys(lake.silver) == [gate.key("b.csv")]


def test_publishing_while_an_object_is_withdrawn_does_not_list_it(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land().decide().move().record()
    events = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))])
    events.take()
    events.list_findings()
    chunks = events.decide()
    # The withdrawal has written its amendment, and finds no marker: it is published just then.
    events.withdraw(chunks, s3=Meanwhile("CopyObject", gate.publish))
    assert (gate.trusted, gate.withdrawn) == ({"b.csv"}, {"a.csv"})
    assert gate.entries["a.csv"]["now"]["bucket"] == lake.quarantine


class DiesAt:
    """An S3 client that dies at one of its calls: before it is sent, or after it has taken effect."""

    def __init__(self, number: int, moment: str) -> None:
        self._s3: Any = boto3.client("s3")
        self._left = number
        self.calls = 0
        self._s3.meta.events.register(f"{moment}-call.s3", self._count)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def _count(self, **_: object) -> None:
        self.calls += 1
        self._left -= 1
        if self._left == 0:
            raise ConnectionError("the worker is gone")


def decided(lake: Lake) -> tuple[Gate, Events, list[Any]]:
    """A run that is over, and what has been decided about one of its two objects in silver."""
    gate = Gate(lake, {"a.csv": "promote", "b.csv": "promote"}).over()
    events = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))])
    events.take()
    events.list_findings()
    return gate, events, events.decide()


def crash(lake: Lake, once: SetUpOnce, number: int, moment: str) -> int:
    """Let a withdrawal die at one of its calls, then retry it; return how many calls the first try has made."""
    gate, events, chunks = once(partial(decided, lake))
    s3 = DiesAt(number, moment)
    try:
        events.withdraw(chunks, s3=s3)
    except (ConnectionError, GateError):
        assert any(lake.versions(b, gate.key("a.csv")) for b in (lake.silver, lake.bronze, lake.quarantine))
    events.withdraw(chunks)
    events.record(chunks)
    assert lake.versions(lake.silver, gate.key("a.csv")) == lake.versions(lake.bronze, gate.key("a.csv")) == []
    (version,) = lake.versions(lake.quarantine, gate.key("a.csv"))
    assert (gate.trusted, gate.withdrawn) == ({"b.csv"}, {"a.csv"})
    assert gate.entries["a.csv"]["now"]["version_id"] == version
    return s3.calls


@pytest.mark.parametrize("moment", ["before", "after"])
def test_retry_finishes_a_withdrawal_after_a_crash_at_any_call(lake: Lake, once: SetUpOnce, moment: str) -> None:
    calls = crash(lake, once, 0, moment)  # which lives
    assert calls > 20
    for (number,) in sample([(str(number),) for number in range(1, calls + 1)], CRASHES, SEED):
        crash(lake, once, int(number), moment)


def test_next_run_finishes_the_withdrawal_of_a_run_that_never_came_back(lake: Lake, gate: Gate) -> None:
    found = [finding(lake, lake.silver, gate.key("a.csv"))]
    dead = Events(lake, found)
    dead.take()
    dead.list_findings()
    dead.withdraw(dead.decide(), s3=Refusing("CopyObject"))
    assert gate.trusted == {"b.csv"}  # it is withdrawn before it is moved
    assert Events(lake, found, run_id="events-2").go().statuses == ["move"]
    assert lake.keys(lake.quarantine, gate.key("a.csv")) == [gate.key("a.csv")]
    assert gate.entries["a.csv"]["outcome"] == "quarantine"


class Refusing(DiesAt):
    """An S3 client of which one operation fails."""

    def __init__(self, operation: str) -> None:
        self._s3 = boto3.client("s3")
        self._s3.meta.events.register(f"before-call.s3.{operation}", self._refuse)

    @staticmethod
    def _refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "CopyObject")


@pytest.mark.slow
def test_hundred_objects_are_pulled_back_in_one_run(lake: Lake) -> None:
    names = [f"{number:04}.csv" for number in range(100)]
    gate = Gate(lake, dict.fromkeys(names, "promote")).over()
    versions = {one["key"]: one["version_id"] for one in gate.marker["objects"]}
    found = [finding(lake, lake.silver, key, version=version) for key, version in versions.items()]
    events = Events(lake, found).go()
    assert events.record_json["totals"]["withdrawn"] == 100
    assert lake.keys(lake.silver) == []
    assert len(gate.marker["withdrawn"]) == 100
    assert gate.record_json["totals"]["outcomes"] == {"quarantine": 100}


def test_copy_that_comes_back_to_silver_is_taken_away_by_the_next_look_at_any_finding(lake: Lake, gate: Gate) -> None:
    found = [
        finding(lake, lake.silver, gate.key(name), severity) for name, severity in (("a.csv", "High"), ("b.csv", "Low"))
    ]
    Events(lake, found[:1]).go()
    for run_id, again in (("events-2", found[:1]), ("events-3", found[1:])):
        lake.put(lake.silver, gate.key("a.csv"), b"a.csv")  # a copy that was under way and completes now
        lake.put(lake.bronze, "_runs/finding_events/watermark.json", BEGINNING)
        events = Events(lake, again, run_id=run_id).go()
        assert "move" in events.statuses
        assert lake.versions(lake.silver, gate.key("a.csv")) == []
        assert len(lake.versions(lake.quarantine, gate.key("a.csv"))) == 1
    assert gate.trusted == {"b.csv"}


BEGINNING = b'{"updated_at_ms": 0, "seen": {}, "pending": []}'


def lock(lake: Lake, key: str) -> None:
    """Put what a legal hold does on the landed version."""
    for version in s3_backends["123456789012"]["aws"].get_bucket(lake.bronze).keys.getlist(key):
        version.lock_legal_status = "ON"


def test_record_is_right_and_all_else_is_moved_when_one_version_is_locked(lake: Lake, gate: Gate) -> None:
    other = Gate(lake, {"z.csv": "promote"}, run=Run("synthea", "2")).over()
    lock(lake, gate.key("b.csv"))
    found = [finding(lake, lake.silver, key) for key in (gate.key("a.csv"), gate.key("b.csv"), other.key("z.csv"))]
    for run_id in ("events-1", "events-2"):
        events = Events(lake, found, run_id=run_id).go()
        assert lake.keys(lake.silver) == []
        assert {name: gate.entries[name]["now"]["bucket"] for name in ("a.csv", "b.csv")} == {
            "a.csv": lake.quarantine,
            "b.csv": lake.quarantine,
        }
        assert [one["key"] for one in events.entries if one["status"] == "failed"] == [gate.key("b.csv")]
        assert list(events.watermark["failed"]) == [found[1]["id"]]
    assert (gate.record_json["accounted"], gate.trusted, other.trusted) == (True, set(), set())


@pytest.mark.parametrize("name", ["marker", "record.json", "plan.json"])
def test_object_leaves_silver_although_a_document_of_its_run_cannot_be_written(
    lake: Lake, gate: Gate, name: str
) -> None:
    place = gate.run.marker if name == "marker" else gate.run.document(name)
    found = finding(lake, lake.silver, gate.key("a.csv"))
    events = Events(lake, [found])
    events.take()
    events.list_findings()
    chunks = events.decide()
    events.withdraw(chunks, s3=Denied(place))
    assert lake.versions(lake.silver, gate.key("a.csv")) == []
    events.record(chunks)
    assert events.statuses == ["failed"]
    assert Events(lake, [found], run_id="events-2").go().statuses == ["move"]
    assert (gate.trusted, gate.entries["a.csv"]["outcome"]) == ({"b.csv"}, "quarantine")


class Denied(DiesAt):
    """An S3 client that may neither read nor write one key."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._s3 = boto3.client("s3")
        for operation in ("PutObject", "GetObject"):
            self._s3.meta.events.register(f"before-call.s3.{operation}", self._refuse)

    def _refuse(self, params: dict[str, Any], **_: object) -> None:
        if params["url_path"].endswith(self._key):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "a value"}}, "PutObject")


class Killed(BaseException):
    """The worker is gone, without a word."""


def killed(lake: Lake, number: int, moment: str) -> int:
    """Kill a whole run at one of its calls, then make the next hour's; return how many calls the first one made."""
    tag = f"{moment}-{number}"
    contents = {name: f"{name} {tag}".encode() for name in ("a.csv", "b.csv", "h.csv")}
    outcomes = {"a.csv": "promote", "b.csv": "promote", "h.csv": "hold"}
    gate = Gate(lake, outcomes, contents, run=Run("synthea", tag)).over()
    found = [finding(lake, lake.silver, gate.key("a.csv")), finding(lake, lake.bronze, f"held/{gate.key('h.csv')}")]
    s3 = KilledAt(number, moment)
    with contextlib.suppress(Killed):
        Events(lake, found, run_id=f"first-{tag}", s3=s3).go()
    Events(lake, found, run_id=f"second-{tag}").go()
    for name in ("a.csv", "h.csv"):
        (version,) = lake.versions(lake.quarantine, gate.key(name))
        entry = gate.entries[name]
        assert (entry["outcome"], entry["now"]["version_id"]) == ("quarantine", version)
        for bucket, key in ((lake.silver, ""), (lake.bronze, ""), (lake.bronze, "held/")):
            assert lake.versions(bucket, key + gate.key(name)) == []
    assert (gate.trusted, gate.record_json["accounted"]) == ({"b.csv"}, True)
    assert gate.record_json["totals"]["outcomes"] == {"promote": 1, "quarantine": 2}
    return s3.calls


class KilledAt(DiesAt):
    """An S3 client whose process is killed at one of its calls."""

    def _count(self, **_: object) -> None:
        self.calls += 1
        self._left -= 1
        if self._left == 0:
            raise Killed


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_next_run_finishes_the_withdrawal_of_a_run_that_was_killed_at_any_call(lake: Lake, moment: str) -> None:
    calls = killed(lake, 0, moment)
    for (number,) in sample([(str(number),) for number in range(1, calls + 1)], CRASHES, SEED):
        killed(lake, int(number), moment)


def unlock(lake: Lake, key: str) -> None:
    for version in s3_backends["123456789012"]["aws"].get_bucket(lake.bronze).keys.getlist(key):
        version.lock_legal_status = "OFF"


def test_record_keeps_the_moves_of_an_earlier_try_when_the_run_is_cleared(lake: Lake, gate: Gate) -> None:
    lock(lake, gate.key("b.csv"))
    found = [finding(lake, lake.silver, gate.key(name)) for name in ("a.csv", "b.csv")]
    Events(lake, found).go()
    unlock(lake, gate.key("b.csv"))
    Events(lake, found).go()
    places = {name: gate.entries[name]["now"]["bucket"] for name in ("a.csv", "b.csv")}
    assert places == dict.fromkeys(places, lake.quarantine)
    assert {gate.entries[name]["outcome"] for name in places} == {"quarantine"}


def test_amendments_of_a_run_with_any_id_are_read(lake: Lake, gate: Gate) -> None:
    Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))], run_id="by-hand.moved").go()
    assert gate.entries["a.csv"]["now"]["bucket"] == lake.quarantine
    assert "a.csv" not in gate.trusted


def audited(lake: Lake, feed: str = "synthea") -> Report:
    store = BucketStore(lake.s3, lake.bronze)
    return Audit(store, store, feed).run()


def test_amendment_its_moves_and_the_record_have_lines(lake: Lake, gate: Gate) -> None:
    Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))]).go()
    lines = [Line.parse(lake.read(lake.bronze, key)) for key in ledger_of(lake)[::-1]]
    amended = gate.run.document("amendments/events-1")
    assert [(line.kind, line.uri.removeprefix(f"s3://{lake.bronze}/")) for line in lines[-3:]] == [
        ("amendment", f"{amended}.jsonl"),
        ("amendment", f"{amended}.moved.jsonl"),
        ("record", gate.run.document("record.json")),
    ]
    assert audited(lake).problems == []
    assert audited(lake, "finding_events").problems == []


def ledger_of(lake: Lake) -> list[str]:
    listed = lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_ledger/synthea/")["Contents"]
    return [item["Key"] for item in listed]


def test_object_leaves_silver_although_no_line_can_be_written_and_a_retry_writes_them(lake: Lake, gate: Gate) -> None:
    head = read_head(lake.s3, lake.bronze, "synthea")
    assert head
    events = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))])
    events.take()
    events.list_findings()
    chunks = events.decide()
    events.withdraw(chunks, s3=Denied(prefix_of("synthea") + name_of(head.sequence + 1)))
    assert lake.versions(lake.silver, gate.key("a.csv")) == []
    assert gate.trusted == {"b.csv"}
    assert len(unlisted(lake)) == 3
    events.withdraw(chunks)
    events.record(chunks)
    assert unlisted(lake) == []


def unlisted(lake: Lake) -> list[str]:
    return [problem for problem in audited(lake).problems if problem.endswith("has no line")]
