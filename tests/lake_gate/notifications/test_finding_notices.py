"""One message for one finding: the demonstration's words, the most severe first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.model.evidence import FindingSummary
from lake_gate.notifications.finding_notices import most_severe, notice_of


def finding(number: int = 1, severity: str = "High", **changes: Any) -> dict[str, Any]:
    """A finding as GetFindings returns it."""
    payload = {
        "id": f"{number:032}",
        "accountId": "123456789012",
        "severity": {"description": severity, "score": 3},
        "classificationDetails": {"jobId": "j" * 32},
        "resourcesAffected": {
            "s3Bucket": {"name": "bronze"},
            "s3Object": {"key": f"synthea/1/{number}.csv", "path": f"bronze/synthea/1/{number}.csv"},
        },
    }
    return {**payload, **changes}


def parts(one: FindingSummary) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(notice_of(one, "synthea", dry_run=False).to_sns()["Message"])
    return parsed


def test_message_has_the_words_of_the_demonstration() -> None:
    assert parts(FindingSummary.from_api(finding()))["default"] == (
        f"Amazon Macie Finding Notification: Job Id {'j' * 32}, AWS Account 123456789012. "
        "Severity of High for file 'bronze/synthea/1/1.csv'."
    )


def test_text_message_names_no_file_and_is_whole() -> None:
    sms = parts(FindingSummary.from_api(finding(severity="Medium")))["sms"]
    assert sms == (
        f"Amazon Macie Finding Notification: Job Id {'j' * 32}, AWS Account 123456789012. "
        "Severity of Medium for a file."
    )


@pytest.mark.parametrize("part", ["accountId", "severity", "classificationDetails", "resourcesAffected"])
@pytest.mark.parametrize("value", [None, "left out"])
def test_incomplete_finding_still_makes_a_message(part: str, value: str | None) -> None:
    empty: dict[str, Any] = {part: None}
    payload = finding(**empty)
    if value:
        del payload[part]
    assert "unknown" in parts(FindingSummary.from_api(payload))["default"]


def test_path_is_made_of_bucket_and_key_where_it_is_missing() -> None:
    payload = finding()
    del payload["resourcesAffected"]["s3Object"]["path"]
    assert "'bronze/synthea/1/1.csv'" in parts(FindingSummary.from_api(payload))["default"]


def test_most_severe_findings_get_a_message_and_the_others_are_counted() -> None:
    findings = [finding(n, ("Low", "Medium", "High")[n % 3]) for n in range(3000)]
    sent, rest = most_severe(findings)
    assert [one.severity for one in sent] == ["High"] * 1000
    assert rest == 2000
    assert [one.severity for one in most_severe(findings[:4])[0]] == ["High", "Medium", "Low", "Low"]


def test_same_findings_are_chosen_in_whatever_order_they_come() -> None:
    findings = [finding(n) for n in range(1500)]
    assert most_severe(findings) == most_severe(reversed(findings))


def test_finding_that_is_listed_twice_gets_one_message_and_an_archived_one_none() -> None:
    sent, rest = most_severe([finding(1), finding(1), finding(2, archived=True)])
    assert ([one.finding_id for one in sent], rest) == ([f"{1:032}"], 0)


@pytest.mark.parametrize(("severity", "high"), [("High", True), ("Medium", False), ("Low", False), ("Severe", True)])
def test_finding_of_an_unknown_severity_counts_as_high(severity: str, high: bool) -> None:
    assert FindingSummary.from_api(finding(severity=severity)).is_high is high
