"""The record, the watermark that moves last, and the message."""

from __future__ import annotations

import pytest

from lake_gate.errors import DamagedDocumentError, FindingsPendingError
from lake_gate.ledger.book import read_head
from tests.lake import Lake
from tests.lake_gate.finding_events.test_withdrawing import Refusing
from tests.lake_gate.finding_events.world import Events, Gate, finding
from tests.snapshot import SetUpOnce

OUTCOMES = {"a.csv": "promote", "b.csv": "promote"}


@pytest.fixture
def gate(lake: Lake, once: SetUpOnce) -> Gate:
    return once(Gate(lake, OUTCOMES).over)


def test_finding_that_was_dealt_with_is_passed_over_and_a_late_one_is_not(lake: Lake, gate: Gate) -> None:
    first = finding(lake, lake.silver, gate.key("a.csv"), "Medium")
    late = finding(lake, lake.silver, gate.key("b.csv"), updatedAt="2026-11-25T08:30:00.000Z")
    assert Events(lake, [first]).go().statuses == ["stands"]
    second = Events(lake, [first, late], run_id="events-2").go()
    assert second.statuses == ["move"]
    assert second.record_json["findings"]["seen_before"] == 1


def test_finding_is_left_for_the_next_run_until_its_own_run_is_over(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    found = [finding(lake, lake.bronze, gate.key("a.csv"))]
    first = Events(lake, found).go()
    assert (first.statuses, first.watermark["pending"]) == (["left_to_its_run"], [found[0]["id"]])
    gate.decide().move().record().publish()
    second = Events(lake, found, run_id="events-2").go()
    assert (second.statuses, second.watermark["pending"]) == (["move"], [])
    assert gate.trusted == {"b.csv"}


def test_finding_that_was_left_and_that_macie_has_forgotten_is_not_asked_for_for_ever(lake: Lake) -> None:
    gate = Gate(lake, OUTCOMES).land()
    Events(lake, [finding(lake, lake.bronze, gate.key("a.csv"))]).go()
    assert Events(lake, [], run_id="events-2").go().watermark["pending"] == []


def test_watermark_stays_when_something_was_not_moved(lake: Lake, gate: Gate) -> None:
    events = Events(lake, [finding(lake, lake.silver, gate.key("a.csv"))])
    events.take()
    events.list_findings()
    chunks = events.decide()  # and the worker is lost before it has withdrawn anything
    with pytest.raises(DamagedDocumentError, match="clear withdraw"):  # marked as success by hand
        events.record(chunks)
    assert lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_runs/finding_events/watermark")["KeyCount"] == 0
    assert Events(lake, events.findings, run_id="events-2").go().statuses == ["move"]


@pytest.mark.parametrize(("severity", "topic"), [("High", "high_topic_arn"), ("Medium", "low_topic_arn")])
def test_message_goes_once_to_the_topic_of_the_highest_severity_that_was_moved(
    lake: Lake, gate: Gate, severity: str, topic: str
) -> None:
    received = {name: lake.messages_of(getattr(lake.settings, name)) for name in ("high_topic_arn", "low_topic_arn")}
    lake.put(lake.silver, "stray.csv", b"around the gate")
    events = Events(lake, [finding(lake, lake.silver, "stray.csv", severity)]).go()
    assert events.notify() == events.notify()
    messages = {name: messages() for name, messages in received.items()}
    (message,) = messages.pop(topic)
    assert list(messages.values()) == [[]]
    assert "stray.csv" in message["Message"]
    head = read_head(lake.s3, lake.bronze, "finding_events")
    assert head
    assert f"Head of the ledger of finding_events: {head.head}" in message["Message"]


def test_no_message_is_sent_when_nothing_is_new(lake: Lake, gate: Gate) -> None:
    own = finding(lake, lake.bronze, gate.key("a.csv"), "Medium")
    gate.write("findings.jsonl", b'{"id": "%s"}\n' % own["id"].encode())
    assert Events(lake, [own]).go().notify() is None


def test_failed_object_stays_pending_is_reported_once_and_fails_the_last_task_every_time(
    lake: Lake, gate: Gate
) -> None:
    received = lake.messages_of(lake.settings.high_topic_arn)
    found = [finding(lake, lake.silver, gate.key("a.csv"))]
    sent = []
    for hour in (1, 2):
        events = Events(lake, found, run_id=f"events-{hour}")
        events.take()
        events.list_findings()
        chunks = events.decide()
        events.withdraw(chunks, s3=Refusing("CopyObject"))
        events.record(chunks)
        sent.append(events.notify())
        with pytest.raises(FindingsPendingError, match=r"a\.csv \(SlowDown\)"):
            events.check()
        assert events.statuses == ["failed"]
        assert events.watermark["pending"] == [found[0]["id"]]
        why = {"bucket": lake.silver, "key": gate.key("a.csv"), "why": "SlowDown"}
        assert events.watermark["failed"] == {found[0]["id"]: why}
    assert sent[0]
    assert sent[1] is None
    (message,) = received()
    assert "a.csv: failed (SlowDown" in message["Message"]
    last = Events(lake, found, run_id="events-3").go()
    last.check()
    assert (last.statuses, last.watermark["pending"], last.watermark["failed"]) == (["move"], [], {})
    assert lake.keys(lake.silver) == [gate.key("b.csv")]


def test_run_that_is_cleared_reports_its_later_moves(lake: Lake, gate: Gate) -> None:
    received = lake.messages_of(lake.settings.high_topic_arn)
    found = finding(lake, lake.silver, gate.key("a.csv"))
    Events(lake, []).go().notify()
    events = Events(lake, [found]).go()
    events.notify()
    (message,) = received()
    assert "1 withdrawn" in message["Subject"]
