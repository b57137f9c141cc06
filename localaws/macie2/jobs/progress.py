"""The progress of a run, and the pause of a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from localaws.macie2.clock import now

_EXPIRES_AFTER = timedelta(days=30)
_HEALTH_EVENT_AFTER = timedelta(days=23)


@dataclass(slots=True)
class Progress:
    """One run.

    :param number: 1 for the first run of the job.
    :param uploaded_after: the run reads what S3 dates later than this; None: everything.
    :param looks: calls of DescribeClassificationJob during the run.
    """

    number: int
    started_at: datetime
    uploaded_after: datetime | None
    remaining: int = 0
    looks: int = 0
    has_access_error: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of a running job: it expires after 30 days, with an event of AWS Health a week before.

    Source: shape UserPausedDetails of the macie2 API.
    """

    at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.at + _EXPIRES_AFTER

    def to_json(self, job_arn: str) -> dict[str, Any]:
        """Return the ``UserPausedDetails`` of the API."""
        is_imminent = now() >= self.at + _HEALTH_EVENT_AFTER
        return {
            "jobExpiresAt": self.expires_at,
            "jobImminentExpirationHealthEventArn": _health_event_arn(job_arn) if is_imminent else None,
            "jobPausedAt": self.at,
        }


def _health_event_arn(job_arn: str) -> str:
    """Return the ARN of the event of AWS Health; Macie's event code is not published."""
    _, partition, _, region, _, job = job_arn.split(":")
    code = "AWS_MACIE_JOB_EXPIRATION"
    return f"arn:{partition}:health:{region}::event/MACIE/{code}/{code}_{job.rpartition('/')[2]}"
