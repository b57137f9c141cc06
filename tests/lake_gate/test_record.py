"""The run record and the message: everything accounted for, nothing beyond SNS's limits."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.decision import Decision
from lake_gate.evidence import Severity
from lake_gate.manifest import LandedObject
from lake_gate.record import (
    MAX_MESSAGE_BYTES,
    Moved,
    build_record,
    clip_subject,
    message,
    message_attributes,
    not_accounted,
    subject,
    worst_severity,
)

URI = "s3://bronze/_runs/synthea/1/record.json"


def landed(name: str) -> LandedObject:
    return LandedObject(name, "bronze", f"synthea/1/{name}", "v1", "e1", 1000, "00" * 32)


def decided(name: str, outcome: str = "promote", severity: str | None = None) -> Decision:
    findings, detections = ({severity: 1}, {"NAME": 7}) if severity else ({}, {})
    key = f"synthea/1/{name}"
    return Decision(name, "bronze", key, "v1", 1000, "00" * 32, outcome, "clean", None, severity, findings, detections)


def moved(name: str) -> Moved:
    return Moved(name, "silver", f"synthea/1/{name}", "v9")


def record_of(*decisions: Decision, places: list[Moved] | None = None, dry_run: bool = False) -> dict[str, Any]:
    return build_record(
        run={"feed": "synthea", "run_id": "manual__1", "source": "/deliveries/today"},
        job=None,
        policy={},
        manifest=[landed(d.name) for d in decisions],
        decisions=decisions,
        moved=[moved(d.name) for d in decisions] if places is None else places,
        dry_run=dry_run,
    )


def test_record_accounts_for_every_landed_object() -> None:
    record = record_of(decided("a.csv"), decided("b.csv", "quarantine", "High"))
    assert record["accounted"]
    assert record["totals"] == {
        "objects": 2,
        "size_bytes": 2000,
        "outcomes": {"promote": 1, "quarantine": 1},
        "findings": {"High": 1},
    }
    assert record["objects"][0]["now"] == {"bucket": "silver", "key": "synthea/1/a.csv", "version_id": "v9"}


def test_object_without_a_place_is_not_accounted_for() -> None:
    record = record_of(decided("a.csv"), decided("b.csv"), places=[moved("a.csv")])
    assert not record["accounted"]
    assert not_accounted(record) == ["b.csv"]


def test_object_without_a_decision_is_not_accounted_for() -> None:
    record = build_record(run={}, job=None, policy={}, manifest=[landed("a.csv")], decisions=[], moved=[], dry_run=True)
    assert not_accounted(record) == ["a.csv"]


def test_dry_run_accounts_for_objects_where_they_were_landed() -> None:
    record = record_of(decided("a.csv", "quarantine", "High"), places=[], dry_run=True)
    assert record["accounted"]
    assert record["objects"][0]["now"]["bucket"] == "bronze"


def test_empty_delivery_is_accounted_for_and_says_so() -> None:
    record = record_of()
    assert record["accounted"]
    assert "empty" in subject(record)
    assert "empty" in message(record, URI)


@pytest.mark.parametrize(
    ("severities", "worst"),
    [([None], None), (["Low"], Severity.LOW), (["Low", "High", "Medium"], Severity.HIGH), (["Unheard"], None)],
)
def test_worst_severity_is_the_highest_of_all_findings(severities: list[str | None], worst: Severity | None) -> None:
    assert worst_severity(record_of(*(decided(f"{s}.csv", severity=s) for s in severities))) == worst


def test_message_names_files_and_counts_strictest_first() -> None:
    text = message(record_of(decided("a.csv"), decided("b.csv", "quarantine", "High")), URI)
    lines = text.splitlines()
    assert lines.index("- b.csv: quarantine, clean, High (NAME x 7)") < lines.index("- a.csv: promote, clean")
    assert lines[-1] == f"Run record: {URI}"


def test_message_stays_within_the_limit_and_says_how_much_is_left_out() -> None:
    record = record_of(*(decided(f"{i:06}-{'ü' * 200}.csv") for i in range(2000)))
    text = message(record, URI)
    assert len(text.encode()) <= MAX_MESSAGE_BYTES
    assert text.splitlines()[-1] == f"Run record: {URI}"
    listed = sum(line.startswith("- ") for line in text.splitlines())
    assert f"... and {2000 - listed} more" in text


@pytest.mark.parametrize("text", ["x" * 500, "Zürich\nBcc: everybody", "\x00\x1b[31m"])
def test_subject_is_what_sns_takes(text: str) -> None:
    clipped = clip_subject(text)
    assert len(clipped) <= 100
    assert clipped.isascii()
    assert clipped.isprintable()


def test_subject_says_how_many_went_where() -> None:
    record = record_of(decided("a.csv"), decided("b.csv", "hold"))
    assert subject(record) == "[synthea] 2 files: 1 promoted, 0 quarantined, 1 held"


def test_attributes_let_subscriptions_filter() -> None:
    assert message_attributes(record_of(decided("a.csv", "quarantine", "High"))) == {
        "feed": "synthea",
        "severity": "High",
        "dry_run": "false",
        "promote": 0,
        "quarantine": 1,
        "hold": 0,
    }
