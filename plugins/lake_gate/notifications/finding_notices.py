"""The message about one finding, in the words of the demonstration on which this gate is based. Pure.

Source: https://github.com/garystafford/macie-demo - the input template of its rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import Any

from lake_gate.model.evidence import FindingSummary
from lake_gate.notifications.message import Notice

MOST_FINDINGS_SENT = 1000
"""Most messages of one run: each may be a text message that costs."""

_DRY = "Dry run: nothing was moved."


def notice_of(finding: FindingSummary, feed: str, *, dry_run: bool) -> Notice:
    """Return the message about the finding."""
    about = f"Amazon Macie Finding Notification: Job Id {finding.job_id}, AWS Account {finding.account_id}."
    dry = "dry run: " if dry_run else ""
    return Notice(
        subject=f"[{feed}] {dry}Macie finding, severity {finding.severity}",
        lines=[f"{about} Severity of {finding.severity} for file '{finding.path}'.", _DRY if dry_run else ""],
        sms=f"{dry}{about} Severity of {finding.severity} for a file.",
        attributes={
            "feed": feed,
            "kind": "finding",
            "severity": finding.severity,
            "dry_run": str(dry_run).lower(),
        },
    )


def most_severe(
    findings: Iterable[Mapping[str, Any]], most: int = MOST_FINDINGS_SENT
) -> tuple[list[FindingSummary], int]:
    """Return the findings that get a message, the most severe first, and the number of those that get none.

    A finding that is listed twice gets one message. Findings that a suppression rule has archived get none, as Macie
    does not publish them either.
    """
    seen: set[str] = set()

    def distinct() -> Iterable[FindingSummary]:
        for finding in findings:
            if not finding.get("archived") and finding["id"] not in seen:
                seen.add(finding["id"])
                yield FindingSummary.from_api(finding)

    sent = nsmallest(most, distinct(), key=lambda finding: (-finding.rank, finding.finding_id))
    return sent, len(seen) - len(sent)
