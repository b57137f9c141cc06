"""The index by content, rebuilt from what runs have written down."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from lake_gate.content import add_found, iter_landed, list_pending, read_found
from lake_gate.errors import NotAccountedError
from lake_gate.finding_events.index import complete_index
from lake_gate.model.evidence import Observation
from lake_gate.model.run import Run
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Events, Gate, finding
from tests.snapshot import SetUpOnce

LATER = datetime.now(UTC) + timedelta(days=1)


def lose(lake: Lake) -> None:
    """Delete the whole index, as in a lake that is older than it."""
    for item in lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_content/").get("Contents", []):
        lake.s3.delete_object(Bucket=lake.bronze, Key=item["Key"])


def places(lake: Lake, gate: Gate, name: str) -> list[tuple[str, str, str]]:
    found = iter_landed(lake.s3, lake.bronze, gate.objects[name].sha256)
    return sorted((one.feed, one.folder, one.name) for one in found)


def severities(lake: Lake, gate: Gate, name: str) -> list[str | None]:
    return [one.severity for one in read_found(lake.s3, lake.bronze, gate.objects[name].sha256)]


@pytest.fixture
def gates(lake: Lake, once: SetUpOnce) -> list[Gate]:
    """Runs of two feeds that are over; in one object of the first Macie has found something."""

    def set_up() -> list[Gate]:
        runs = [Run("other", "manual__1+00:00"), Run("synthea", "1"), Run("synthea", "2")]
        gates = [Gate(lake, {"a.csv": "promote", "b.csv": "promote"}, run=run).over() for run in runs]
        found = finding(lake, lake.bronze, gates[0].key("a.csv"), "Medium")
        gates[0].write("findings.jsonl", json.dumps(found).encode())
        lose(lake)
        return gates

    return once(set_up)


def test_every_run_is_in_the_index_with_its_findings_and_it_is_rebuilt_once(lake: Lake, gates: list[Gate]) -> None:
    assert complete_index(lake.s3, lake.bronze, until=LATER)
    expected = [("other", gates[0].run.folder, "a.csv"), ("synthea", "1", "a.csv"), ("synthea", "2", "a.csv")]
    assert places(lake, gates[0], "a.csv") == expected
    assert (severities(lake, gates[0], "a.csv"), severities(lake, gates[0], "b.csv")) == (["Medium"], [])
    before = lake.s3.list_object_versions(Bucket=lake.bronze, Prefix="_content/")["Versions"]
    assert complete_index(lake.s3, lake.bronze, until=LATER)
    assert lake.s3.list_object_versions(Bucket=lake.bronze, Prefix="_content/")["Versions"] == before


def test_later_findings_are_in_the_index_again(lake: Lake, gates: list[Gate]) -> None:
    lake.put(lake.silver, "stray.csv", b"stray")
    Events(lake, [finding(lake, lake.silver, key) for key in (gates[1].key("b.csv"), "stray.csv")]).go()
    lose(lake)
    assert complete_index(lake.s3, lake.bronze, until=LATER)
    assert severities(lake, gates[1], "b.csv") == ["High"]


@pytest.mark.parametrize("name", ["manifest.jsonl", "findings.jsonl", "results.jsonl.gz"])
@pytest.mark.parametrize("damage", [b'{"name": 1}', b"{", b"[]"])
def test_damaged_run_keeps_no_other_out_of_the_index(lake: Lake, gates: list[Gate], name: str, damage: bytes) -> None:
    gates[1].write(name, damage)
    assert complete_index(lake.s3, lake.bronze, until=LATER)
    assert [folder for _, folder, _ in places(lake, gates[0], "a.csv")] == [gates[0].run.folder, "2"]
    assert lake.document("_content/complete.json")["skipped"] == ["synthea/1"]


def test_run_that_could_not_be_read_is_read_again(lake: Lake, gates: list[Gate]) -> None:
    denied = gates[1].run.document("manifest.jsonl")
    s3: Any = boto3.client("s3")

    def refuse(params: dict[str, Any], **_: object) -> None:
        if denied in params["url_path"]:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")

    s3.meta.events.register("before-call.s3.GetObject", refuse)
    assert not complete_index(s3, lake.bronze, until=LATER)
    assert len(places(lake, gates[0], "a.csv")) == 2
    assert complete_index(lake.s3, lake.bronze, until=LATER)
    assert len(places(lake, gates[0], "a.csv")) == 3


def test_rebuilding_stops_in_time_and_goes_on_where_it_stopped(lake: Lake, gates: list[Gate]) -> None:
    assert not complete_index(lake.s3, lake.bronze, until=datetime.now(UTC) - timedelta(seconds=1))
    assert places(lake, gates[0], "a.csv") == []
    after = gates[1].run.document("manifest.jsonl")
    lake.put(
        lake.bronze, "_content/complete.json", json.dumps({"complete": False, "after": after, "skipped": []}).encode()
    )
    assert complete_index(lake.s3, lake.bronze, until=LATER)
    assert places(lake, gates[0], "a.csv") == [("synthea", "2", "a.csv")]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"complete": "yes", "after": "", "skipped": []}'])
def test_index_is_rebuilt_when_how_far_it_is_cannot_be_read(lake: Lake, gates: list[Gate], content: bytes) -> None:
    lake.put(lake.bronze, "_content/complete.json", content)
    assert complete_index(lake.s3, lake.bronze, until=LATER)
    assert len(places(lake, gates[0], "a.csv")) == 3


def test_finding_reaches_old_runs_through_an_index_that_was_lost(lake: Lake, gates: list[Gate]) -> None:
    events = Events(lake, [finding(lake, lake.silver, gates[1].key("b.csv"))]).go()
    assert sorted(one["folder"] for one in events.entries) == sorted(gate.run.folder for gate in gates)
    assert lake.keys(lake.silver) == [gate.key("a.csv") for gate in gates]


def test_copy_that_was_promoted_while_the_index_was_lost_is_withdrawn(lake: Lake, gates: list[Gate]) -> None:
    Events(lake, [finding(lake, lake.silver, gates[1].key("b.csv"))]).go()
    lose(lake)
    late = Gate(lake, {"a.csv": "promote", "b.csv": "promote"}, run=Run("synthea", "3")).over()
    Events(lake, [], run_id="events-2").go()
    assert late.key("b.csv") not in lake.keys(lake.silver)
    assert late.key("a.csv") in lake.keys(lake.silver)


def pending(lake: Lake) -> list[str]:
    return list(list_pending(lake.s3, lake.bronze))


def report(lake: Lake, gate: Gate, name: str, severity: str = "High") -> None:
    """Write down what a run of the gate has learnt of bytes, as ``decide`` does for a result without a finding."""
    landed = gate.objects[name]
    seen = Observation(landed.bucket, landed.key, landed.version_id, landed.etag, "COMPLETE", None, severity, ())
    add_found(lake.s3, lake.bronze, landed.sha256, [seen])


def test_severe_result_without_a_finding_reaches_every_run_with_the_same_bytes(lake: Lake) -> None:
    gates = [Gate(lake, {"a.csv": "promote", "b.csv": "promote"}, run=Run("synthea", run)).over() for run in "12"]
    report(lake, gates[0], "a.csv")
    Events(lake, []).go()
    assert lake.keys(lake.silver) == [gate.key("b.csv") for gate in gates]
    assert pending(lake) == []


def test_bytes_are_pending_until_the_index_is_complete(lake: Lake, gates: list[Gate]) -> None:
    lake.put(lake.bronze, "_content/complete.json", b'{"complete": false, "after": "~", "skipped": []}')
    events = Events(lake, [finding(lake, lake.silver, gates[0].key("b.csv"))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lake_gate.finding_events.operators.INDEX_BUDGET", timedelta(days=-1))
        lose(lake)
        events.go()
    assert gates[1].key("b.csv") in lake.keys(lake.silver)
    assert pending(lake) == [gates[0].objects["b.csv"].sha256]
    Events(lake, [], run_id="events-2").go()
    assert [key for key in lake.keys(lake.silver) if key.endswith("b.csv")] == []
    assert gates[0].objects["b.csv"].sha256 not in pending(lake)


def test_bytes_of_a_run_under_way_stay_pending(lake: Lake, promoted: Gate) -> None:
    under_way = Gate(lake, {"a.csv": "promote"}, run=Run("synthea", "2")).land().decide()
    report(lake, promoted, "a.csv")
    Events(lake, []).go()
    assert pending(lake) == [promoted.objects["a.csv"].sha256]
    under_way.move().record().publish()
    Events(lake, [], run_id="events-2").go()
    assert (lake.keys(lake.silver), pending(lake)) == ([], [])


def test_bytes_that_could_not_be_moved_stay_pending(lake: Lake, promoted: Gate) -> None:
    report(lake, promoted, "a.csv")
    (copy,) = s3_backends["123456789012"]["aws"].get_bucket(lake.silver).keys.getlist(promoted.key("a.csv"))
    copy.lock_legal_status = "ON"
    Events(lake, []).go()
    assert pending(lake) == [promoted.objects["a.csv"].sha256]
    copy.lock_legal_status = "OFF"
    Events(lake, [], run_id="events-2").go()
    assert (lake.keys(lake.silver), pending(lake)) == ([], [])


def test_cleared_task_of_a_run_that_is_over_brings_nothing_severe_to_silver(lake: Lake, promoted: Gate) -> None:
    other = Gate(lake, {"a.csv": "promote"}, run=Run("synthea", "2")).land().decide()
    with pytest.raises(NotAccountedError):
        other.record()  # promote was marked as success by hand
    report(lake, promoted, "a.csv")
    Events(lake, []).go()
    other.move().record().publish()
    assert lake.keys(lake.silver) == []
    assert other.trusted == set()
