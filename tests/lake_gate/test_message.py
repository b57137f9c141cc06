"""The message about a run: what people read, within SNS's limits."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.decision import Decision
from lake_gate.message import MAX_MESSAGE_BYTES, clip_subject, message, message_attributes, subject
from lake_gate.record import Moved, Totals, build_record, iter_entries
from tests.builders import decided, landed

URI = "s3://bronze/_runs/synthea/1/record.json"
HIGH = {"severity": "High", "findings": {"High": 1}, "detections": {"NAME": 7}}


def report(
    *decisions: Decision, settled: bool = True, source: str = "/deliveries/today", **changes: Any
) -> tuple[dict[str, Any], list[Any]]:
    """The record of a run and the lines of its objects."""
    totals = Totals()
    places = [Moved(d.name, "silver", d.key, "v9", **changes) for d in decisions]
    entries = iter_entries([landed(d.name) for d in decisions], decisions, places, dry_run=False)
    lines = list(totals.counted(entries))
    run = {"feed": "synthea", "run_id": "manual__1", "source": source}
    facts = {"rules": {}, "job": {"settled": settled}, "dry_run": False, "objects_uri": "o", "marker_uri": "m"}
    return build_record(run=run, totals=totals, **facts), lines


def test_message_names_files_and_counts_strictest_first() -> None:
    lines = message(*report(decided("a.csv"), decided("b.csv", "quarantine", **HIGH)), URI).splitlines()
    assert lines.index("- b.csv: quarantine, clean, High (NAME x 7)") < lines.index("- a.csv: promote, clean")
    assert lines[-1] == f"Run record: {URI}"


def test_empty_delivery_is_said_to_be_empty() -> None:
    record, lines = report()
    assert "empty" in subject(record)
    assert "empty" in message(record, lines, URI)


@pytest.mark.parametrize(("settled", "said"), [(True, False), (False, True)])
def test_message_says_so_when_the_evidence_was_not_settled(settled: bool, said: bool) -> None:
    assert ("still changing at the deadline" in message(*report(decided(), settled=settled), URI)) == said


def test_message_says_so_when_objects_lie_beside_other_bytes() -> None:
    assert "1 object(s) lie beside other bytes" in message(*report(decided(), is_beside_others=True), URI)


@pytest.mark.parametrize("source", ["/x", "\U0001f600" * 2000])
def test_message_stays_within_the_limit_and_says_how_much_is_left_out(source: str) -> None:
    promoted = (decided(f"{i:06}-{'ü' * 200}.csv") for i in range(2000))
    text = message(*report(*promoted, decided("z.csv", "quarantine", **HIGH), source=source), URI)
    assert len(text.encode()) <= MAX_MESSAGE_BYTES
    assert text.splitlines()[-1] == f"Run record: {URI}"
    assert "- z.csv: quarantine" in text
    listed = sum(line.startswith("- ") for line in text.splitlines())
    assert f"... and {2001 - listed} more" in text


@pytest.mark.parametrize("text", ["x" * 500, "Zürich\nBcc: everybody", "\x00\x1b[31m"])
def test_subject_is_what_sns_takes(text: str) -> None:
    clipped = clip_subject(text)
    assert len(clipped) <= 100
    assert clipped.isascii()
    assert clipped.isprintable()


def test_subject_says_how_many_went_where() -> None:
    record, _ = report(decided("a.csv"), decided("b.csv", "hold"))
    assert subject(record) == "[synthea] 2 files: 1 promoted, 0 quarantined, 1 held"


def test_attributes_let_subscriptions_filter() -> None:
    record, _ = report(decided("a.csv", "quarantine", **HIGH))
    assert message_attributes(record) == {
        "feed": "synthea",
        "severity": "High",
        "dry_run": "false",
        "promote": 0,
        "quarantine": 1,
        "hold": 0,
    }
