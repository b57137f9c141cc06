"""What the message says about quarantined files and review requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.held.ageing import FeedQuarantine, QuarantinedFile, WaitingRequest
from lake_gate.held.backlog import Backlog, Overdue, all_overdue_feeds, notice, overdue_feeds
from tests.lake_gate.held.test_backlog import NIGHT, NOON, NOTHING


def quarantined(**changes: Any) -> QuarantinedFile:
    facts = {"feed": "synthea", "run_folder": "1", "key": "synthea/1/p.csv", "version_id": "v", "size_bytes": 5}
    return QuarantinedFile(**{**facts, "quarantined_at": NIGHT, "reason": "quarantined_by_rule", **changes})


def of_feed(*files: QuarantinedFile) -> dict[str, Any]:
    sums = FeedQuarantine("synthea", 30)
    for file in files:
        sums.count(file, NIGHT)
        sums.count_overdue(file)
    return {**Backlog(NOON).to_json(), **NOTHING, "older_than_hours": 6, "quarantine": [sums.to_json()]}


def test_message_has_quarantined_files_by_reason_and_those_past_the_retention() -> None:
    later = quarantined(key="synthea/1/q.csv", quarantined_at=NOON, reason="found_in_same_bytes", answer="open")
    files = [quarantined(), later, quarantined(key="synthea/2/p.csv", quarantined_at=NOON)]
    request = notice("synthea", of_feed(*files), Overdue(quarantined=files[:2]), "s3://b/r").to_sns()
    body = json.loads(request["Message"])["default"].splitlines()
    assert request["Subject"] == "[synthea] 3 files quarantined for more than 7 days"
    assert body == [
        "Quarantined files of this feed: 3, 3 of them without an answer for more than 7 days.",
        f"quarantined_by_rule: 2 files, the oldest since {NIGHT}.",
        f"found_in_same_bytes: 1 file, the oldest since {NOON}.",
        "Ask for a review on the page of each file, or start quarantine_review: release, scan again, or keep.",
        "1 quarantined file older than the retention of 30 days. Nothing is deleted by itself.",
        f"- synthea/1/p.csv: quarantined_by_rule, quarantined since {NIGHT}",
        f"- synthea/1/q.csv: found_in_same_bytes, quarantined since {NOON}; a request is open",
        "... and 1 more, in the record.",
        "Run record: s3://b/r",
    ]
    counts = {name: value["StringValue"] for name, value in request["MessageAttributes"].items()}
    assert (counts["outcome"], counts["quarantined"], counts["overdue"]) == ("quarantined", "3", "0")
    assert len(counts) <= 10


STATES = {
    "asked": "waits for answers until 2026-11-26",
    "approved": f"was approved on {NIGHT} and is not carried out",
    "refused": f"was refused on {NIGHT} and is not closed",
    "expired": "was not answered until 2026-11-26 and is not closed",
}


@pytest.mark.parametrize(("state", "words"), STATES.items())
def test_message_says_what_a_review_request_waits_for(state: str, words: str) -> None:
    request = WaitingRequest("synthea", "review-1", "release", 2, state, NIGHT, "2026-11-26", "manual__1")
    record = {**of_feed(), "quarantine": [], "requests": {"synthea": 1}}
    assert all_overdue_feeds(record) == {"synthea"}
    lines = list(notice("synthea", record, Overdue(requests=[request]), "").lines)
    assert lines[0] == f"- Review request review-1 (release, 2 files) {words}; run manual__1"
    assert lines[1:] == ([] if state == "asked" else ["Clear the failed tasks of these runs of quarantine_review."])


def test_a_damaged_request_is_named_without_what_is_not_known() -> None:
    request = WaitingRequest("synthea", "review-1", "", 0, "damaged", "", "", "")
    record = {**of_feed(), "quarantine": [], "requests": {"synthea": 1}}
    sent = notice("synthea", record, Overdue(requests=[request]), "")
    assert sent.subject == "[synthea] 1 review request waiting"
    assert list(sent.lines) == ["- Review request review-1 cannot be read: a document of it is damaged"]


@pytest.mark.parametrize(("older", "expected"), [([], []), ([quarantined()], ["synthea"])])
def test_a_feed_without_overdue_files_gets_no_message(older: list[QuarantinedFile], expected: list[str]) -> None:
    sums = FeedQuarantine("synthea", 30)
    sums.count(quarantined(answer="kept"), NOON)
    record = {**of_feed(*older), **({} if older else {"quarantine": [sums.to_json()]})}
    assert overdue_feeds(record) == expected
