"""One message for one finding, in the words of the demonstration that this gate comes from. Pure.

Source: https://github.com/garystafford/macie-demo - the input template of its rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import Any

from lake_gate.model.evidence import FindingSummary
from lake_gate.notifications.message import Notice

MOST_FINDINGS_TOLD = 1000
"""Of one run. Nobody reads more, and each may be a text message that costs."""


def notice_of(finding: FindingSummary, feed: str, *, dry_run: bool) -> Notice:
    """Return the message about the finding."""
    about = f"Amazon Macie Finding Notification: Job Id {finding.job_id}, AWS Account {finding.account_id}."
    return Notice(
        subject=f"[{feed}] Macie finding, severity {finding.severity}",
        lines=[f"{about} Severity of {finding.severity} for file '{finding.path}'."],
        sms=f"{about} Severity of {finding.severity} for a file.",
        attributes={
            "feed": feed,
            "kind": "finding",
            "severity": finding.severity,
            "dry_run": str(dry_run).lower(),
        },
    )


def most_severe(
    findings: Iterable[Mapping[str, Any]], most: int = MOST_FINDINGS_TOLD
) -> tuple[list[FindingSummary], int]:
    """Return the findings that get a message, the most severe first, and how many get none.

    A finding that is listed twice is told once. What a suppression rule has archived is not told, as Macie does not
    publish it either.
    """
    seen: set[str] = set()

    def new_ones() -> Iterable[FindingSummary]:
        for finding in findings:
            if not finding.get("archived") and finding["id"] not in seen:
                seen.add(finding["id"])
                yield FindingSummary.from_api(finding)

    told = nsmallest(most, new_ones(), key=lambda one: (-one.rank, one.finding_id))
    return told, len(seen) - len(told)
