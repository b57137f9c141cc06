"""The message about a run of ``finding_events``: whether there is one, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.finding_events.digest import digest, is_worth_sending, worst_moved


def record(statuses: dict[str, int], severities: tuple[str, ...] = (), poison: int = 0) -> dict[str, Any]:
    totals = {
        "statuses": statuses,
        "outcomes": {"quarantine": statuses.get("move", 0)},
        "withdrawn": 1,
        "moved": statuses.get("move", 0),
        "severities_moved": dict.fromkeys(severities, 1),
    }
    return {"run": {"run_id": "r"}, "totals": totals, "events": {"poison": {"not_json": poison} if poison else {}}}


def entry(status: str, key: str = "a.csv", **more: Any) -> dict[str, Any]:
    facts = {"bucket": "silver", "key": key, "findings": {"f": "High"}, "why": "because", "was": "promote"}
    return {**facts, "status": status, "outcome": "quarantine", **more}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (record({}), False),
        (record({"decided_with_by_its_run": 9, "left_to_its_run": 1, "isolated_already": 1, "gone": 1}), False),
        (record({"decided_with_by_its_run": 9, "stands": 1}), False),
        (record({"move": 1}), True),
        (record({"left": 1}), True),
        (record({}, poison=1), True),
    ],
)
def test_run_without_anything_new_sends_no_message(facts: dict[str, Any], expected: bool) -> None:
    assert is_worth_sending(facts) is expected


@pytest.mark.parametrize(
    ("severities", "worst"), [((), None), (("Low", "High"), "High"), (("unknown", "Low"), "Low"), (("unknown",), None)]
)
def test_severity_is_the_highest_of_the_moved_objects(severities: tuple[str, ...], worst: str | None) -> None:
    assert worst_moved(record({"move": 1}, severities)) == worst


def test_message_names_moved_objects_first_and_never_quiet_ones() -> None:
    entries = [entry("stands", "s.csv"), entry("gone", "g.csv"), entry("move", "m.csv")]
    notice = digest(record({"move": 1, "stands": 1, "gone": 1}, ("High",), poison=2), entries, "s3://record")
    text = "\n".join(notice.lines)
    assert text.index("m.csv") < text.index("s.csv")
    assert "g.csv" not in text
    assert "dead-letter queue: 2." in text
    assert ".csv" not in notice.sms
    attributes = {name: notice.attributes[name] for name in ("severity", "outcome", "withdrawn", "poison")}
    assert attributes == {"severity": "High", "outcome": "quarantined", "withdrawn": 1, "poison": 2}


def test_values_of_attributes_are_never_empty() -> None:
    assert all(value != "" for value in digest(record({"stands": 1}), [], "s3://record").attributes.values())


def test_failed_object_is_reported_once_with_the_reason_and_above_all_others() -> None:
    facts = record({"move": 1, "failed": 1})
    facts["totals"] |= {"newly_failed": 1, "severities_failed": {"High": 1}}
    failed = entry("failed", "f.csv", why="AccessDenied", damaged="plan.json", now={"bucket": "quarantine"})
    notice = digest(facts, [entry("move", "m.csv"), failed], "s3://record")
    text = "\n".join(notice.lines)
    assert text.index("f.csv") < text.index("m.csv")
    assert "failed (AccessDenied" in text
    assert "plan.json of its run is damaged, is in quarantine now" in text
    assert "1 failed" in notice.subject
    assert (notice.attributes["failed"], worst_moved(facts)) == (1, "High")
    again = record({"failed": 1})
    assert not is_worth_sending(again)
    again["totals"]["newly_failed"] = 1
    assert is_worth_sending(again)


@pytest.mark.parametrize(
    ("more", "is_reported"),
    [
        ({"was_in_silver": True, "now": None}, True),
        ({"was_in_silver": True, "now": {"bucket": "quarantine"}}, False),
        ({"was_in_silver": False, "now": None}, False),
    ],
)
def test_message_names_objects_that_may_still_be_in_silver(more: dict[str, Any], is_reported: bool) -> None:
    notice = digest(record({"failed": 1}), [entry("failed", why="ObjectLockedError", **more)], "s3://record")
    assert ("1 may still be in silver" in notice.subject) is is_reported
    assert ("may still be in silver" in "\n".join(notice.lines)) is is_reported
