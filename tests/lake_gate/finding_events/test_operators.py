"""The steps of ``finding_events``: from messages to moves, each of which may be done again."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from lake_gate.assets import changes
from lake_gate.errors import NotWithdrawnError
from lake_gate.finding_events.operators import TakeEventsOperator, WithdrawOperator
from lake_gate.finding_events.places import WATERMARK
from lake_gate.model.run import Run
from tests.lake import Lake
from tests.lake_gate.finding_events.test_withdrawing import Denied, Refusing
from tests.lake_gate.finding_events.world import Events, Gate, finding
from tests.snapshot import SetUpOnce


def hint(finding_id: str, **changes: Any) -> str:
    return json.dumps({"finding": finding_id, "account": "123456789012", "region": "us-east-1", **changes})


def ids_of(lake: Lake, events: Events) -> list[str]:
    return lake.read(lake.bronze, events.run.document("ids.txt")).decode().split("\n")


def dead_letters(lake: Lake) -> list[tuple[str, str]]:
    url = lake.settings.dead_letter_queue_url
    received = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return sorted(
        (message["Body"], message["MessageAttributes"]["reason"]["StringValue"])
        for message in received.get("Messages", [])
    )


def test_hints_and_pending_findings_are_requested_and_poison_goes_to_the_dead_letter_queue(lake: Lake) -> None:
    lake.put(lake.bronze, WATERMARK, b'{"updated_at_ms": 9000000, "seen": {}, "pending": ["left"]}')
    events = Events(lake, [], bodies=[hint("a"), hint("a"), "no json", hint("b", account="210987654321")])
    taken = events.take()
    assert (taken["hints"], taken["poison"], taken["since_ms"]) == (1, 2, 1_800_000)
    assert ids_of(lake, events) == ["a", "left"]
    assert sorted(reason for _, reason in dead_letters(lake)) == ["not_json", "other_account"]
    events.take()  # a retry buries nothing twice
    assert dead_letters(lake) == []


def test_poison_is_counted_when_no_queue_takes_it(lake: Lake) -> None:
    for url in ("", lake.settings.dead_letter_queue_url + "-gone"):
        events = Events(lake, [], bodies=["x"], run_id=f"events-{len(url)}")
        settings = {**lake.settings.to_json(), "dead_letter_queue_url": url}
        TakeEventsOperator(task_id="t", settings=settings, feed="finding_events").step(events.context)
        taken = lake.document(events.run.document("taken.json"))
        assert (taken["poison"], taken["dead_letters_failed"]) == ({"not_json": 1}, 1)


def test_run_without_messages_begins_from_the_watermark_alone(lake: Lake) -> None:
    events = Events(lake, [])
    assert events.take()["since_ms"] == 0
    assert ids_of(lake, events) == [""]


def test_run_that_is_cleared_begins_from_where_it_began(lake: Lake, promoted: Gate) -> None:
    events = Events(lake, [finding(lake, lake.silver, promoted.key("a.csv"))]).go()
    assert (events.statuses, events.watermark["pending"]) == (["move"], [])
    assert events.go().statuses == ["isolated_already"]


def test_finding_that_names_no_object_is_counted_and_stops_nothing(lake: Lake, promoted: Gate) -> None:
    nameless = {"id": "n", "updatedAt": "2026-11-25T10:00:00Z", "resourcesAffected": {}}
    events = Events(lake, [nameless, finding(lake, lake.silver, promoted.key("a.csv"))]).go()
    assert (events.statuses, events.record_json["findings"]["unreadable"]) == (["move"], 1)


def test_asset_events_of_each_feed_count_the_withdrawn_objects(lake: Lake) -> None:
    gate = Gate(lake, {"a.csv": "promote", "c.csv": "hold"}).over()
    held = Events(lake, [finding(lake, lake.bronze, f"held/{gate.key('c.csv')}")]).go()
    assert set(held.announced) == {"quarantine_synthea"}  # nothing of silver has changed
    events = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))], run_id="events-2").go()
    assert events.announced["silver_synthea"] == {
        "run_id": "1",
        "withdrawn": 1,
        "quarantined": 1,
        "record": f"s3://{lake.bronze}/_runs/synthea/1/record.json",
        "marker": f"s3://{lake.silver}/_runs/synthea/1.json",
    }


def test_chunk_that_is_carried_out_again_changes_nothing(lake: Lake, promoted: Gate) -> None:
    events = Events(lake, [finding(lake, lake.silver, promoted.key("a.csv"))])
    events.take()
    events.list_findings()
    (chunk,) = events.decide()
    done = [events.step(WithdrawOperator, chunk=chunk, outlets=[changes("t")]) for _ in range(2)]
    assert done == [1, 1]
    assert len(lake.versions(lake.quarantine, promoted.key("a.csv"))) == 1
    assert len(events.announced) == 2  # a retry announces the same


@pytest.mark.parametrize("broken", [{"id": "x", "updatedAt": "at night"}, {"updatedAt": None}, {"id": "x", "type": 1}])
def test_finding_of_another_shape_is_counted_and_stops_nothing(
    lake: Lake, promoted: Gate, broken: dict[str, Any]
) -> None:
    events = Events(lake, [broken, finding(lake, lake.silver, promoted.key("a.csv"))]).go()
    assert (events.statuses, events.record_json["findings"]["unreadable"]) == (["move"], 1)


def test_retryable_error_is_tried_again_while_tries_are_left_and_then_recorded(lake: Lake) -> None:
    gates = [Gate(lake, {name: "promote"}, run=Run("synthea", name[0])).over() for name in ("a.csv", "b.csv")]
    events = Events(lake, [finding(lake, lake.silver, gate.key(next(iter(gate.outcomes)))) for gate in gates])
    events.take()
    events.list_findings()
    chunks = events.decide()
    for try_number, is_last in ((1, False), (2, False), (3, True)):
        events.context["ti"] = SimpleNamespace(try_number=try_number, max_tries=2)
        for chunk in chunks:
            with contextlib.nullcontext() if is_last else pytest.raises(NotWithdrawnError, match="SlowDown"):
                events.withdraw([chunk], s3=Refusing("CopyObject"))
    events.record(chunks)
    assert events.statuses == ["failed", "failed"]
    events.withdraw(chunks)
    assert lake.keys(lake.silver) == []


def test_withdrawal_does_not_wait_for_an_index_that_cannot_be_rebuilt(lake: Lake, promoted: Gate) -> None:
    events = Events(lake, [finding(lake, lake.silver, promoted.key("a.csv"))], s3=Denied("_content/complete.json")).go()
    assert (events.statuses, events.record_json["index_complete"]) == (["move"], False)
    assert Events(lake, [], run_id="events-2").go().record_json["index_complete"]


UNREADABLE: dict[str, Any] = {
    "null.csv": {"versionId": "null"},
    "number.csv": {"versionId": 7},
    "blank.csv": {"versionId": "a version "},
    "no-etag.csv": {"eTag": None},
    "other-etag.csv": {"eTag": "another"},
    "capitals.csv": {"versionId": None, "VERSIONID": "null"},
}
"""What a finding says of the version, by the name of the object."""
ODD: dict[str, Any] = {
    "severity.csv": {"severity": "High"},
    "id.csv": {"id": ["a"]},
    "result.csv": {"classificationDetails": {"result": ["COMPLETE"]}},
    "data.csv": {"classificationDetails": {"result": {"sensitiveData": ["a text"], "status": {"code": "COMPLETE"}}}},
    "count.csv": {"classificationDetails": {"result": {"customDataIdentifiers": {"totalCount": float("inf")}}}},
}
"""A member of a finding, by the name of the object."""


@pytest.fixture
def odd(lake: Lake, once: SetUpOnce) -> Gate:
    """A run that is over, with an object for each odd finding and two more."""
    return once(Gate(lake, dict.fromkeys([*UNREADABLE, *ODD, "clean.csv", "found.csv"], "promote")).over)


@pytest.mark.parametrize("bucket", ["bronze", "silver"])
def test_severe_finding_whose_version_cannot_be_read_is_never_passed_over(lake: Lake, odd: Gate, bucket: str) -> None:
    findings = {name: finding(lake, getattr(lake, bucket), odd.key(name)) for name in UNREADABLE}
    for name, change in UNREADABLE.items():
        findings[name]["resourcesAffected"]["s3Object"] |= change
    Events(lake, [*findings.values()]).go()
    assert set(lake.keys(lake.silver)) == {odd.key(name) for name in odd.outcomes.keys() - UNREADABLE.keys()}
    assert set(lake.keys(lake.quarantine)) == {odd.key(name) for name in UNREADABLE}


def test_finding_with_an_odd_member_takes_the_object_out_of_silver_and_stops_no_other(lake: Lake, odd: Gate) -> None:
    findings = [{**finding(lake, lake.silver, odd.key(name)), **change} for name, change in ODD.items()]
    Events(lake, [*findings, finding(lake, lake.silver, odd.key("found.csv"))]).go()
    left = odd.outcomes.keys() - ODD.keys() - {"found.csv"}
    assert set(lake.keys(lake.silver)) == {odd.key(name) for name in left}
