"""One message for one finding, in the words of the demonstration that this gate comes from. Pure.

Source: https://github.com/garystafford/macie-demo - the input template of its rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from lake_gate.model.evidence import UNKNOWN, Severity
from lake_gate.notifications.message import Notice

MOST_FINDINGS_TOLD = 1000
"""Of one run. Nobody reads more, and each may be a text message that costs."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """What a message says of one finding.

    :param severity: Macie's word.
    :param path: bucket and key, as ``bucket/folder/file.csv``.
    """

    finding_id: str
    job_id: str
    account_id: str
    severity: str
    path: str

    @classmethod
    def from_api(cls, finding: Mapping[str, Any]) -> FoundFile:
        """Read a finding as GetFindings returns it; what it does not say is *unknown*.

        Source: https://docs.aws.amazon.com/macie/latest/APIReference/findings-describe.html
        """
        affected = finding.get("resourcesAffected") or {}
        s3_object = affected.get("s3Object") or {}
        path = f"{(affected.get('s3Bucket') or {}).get('name', UNKNOWN)}/{s3_object.get('key', UNKNOWN)}"
        return cls(
            finding_id=str(finding["id"]),
            job_id=str((finding.get("classificationDetails") or {}).get("jobId") or UNKNOWN),
            account_id=str(finding.get("accountId") or UNKNOWN),
            severity=str((finding.get("severity") or {}).get("description") or UNKNOWN),
            path=str(s3_object.get("path") or path),
        )

    @property
    def is_high(self) -> bool:
        """Whether it goes to the High topic: what nobody can rank does, too."""
        return _rank(self.severity) >= Severity.HIGH.rank

    def notice(self, feed: str, *, dry_run: bool) -> Notice:
        """Return the message about the finding."""
        about = f"Amazon Macie Finding Notification: Job Id {self.job_id}, AWS Account {self.account_id}."
        return Notice(
            subject=f"[{feed}] Macie finding, severity {self.severity}",
            lines=[f"{about} Severity of {self.severity} for file '{self.path}'."],
            sms=f"{about} Severity of {self.severity} for a file.",
            attributes={
                "feed": feed,
                "kind": "finding",
                "severity": self.severity,
                "dry_run": str(dry_run).lower(),
            },
        )


def most_severe(findings: Iterable[Mapping[str, Any]], most: int = MOST_FINDINGS_TOLD) -> tuple[list[FoundFile], int]:
    """Return the findings that get a message, the most severe first, and how many get none.

    A finding that is listed twice is told once. What a suppression rule has archived is not told, as Macie does not
    publish it either.
    """
    seen: set[str] = set()

    def new_ones() -> Iterable[FoundFile]:
        for finding in findings:
            if not finding.get("archived") and finding["id"] not in seen:
                seen.add(finding["id"])
                yield FoundFile.from_api(finding)

    told = nsmallest(most, new_ones(), key=lambda one: (-_rank(one.severity), one.finding_id))
    return told, len(seen) - len(told)


def _rank(severity: str) -> int:
    return Severity(severity).rank if severity in set(Severity) else Severity.HIGH.rank
