"""The statuses of a job, and which of them its user may bring it into.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/jobs-jobid.html
"""

from __future__ import annotations

from enum import StrEnum

from localaws.macie2.exceptions import ValidationException


class JobStatus(StrEnum):
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"
    COMPLETE = "COMPLETE"
    IDLE = "IDLE"
    USER_PAUSED = "USER_PAUSED"


#: A job that has one of these keeps it.
OVER = (JobStatus.CANCELLED, JobStatus.COMPLETE)
#: What UpdateClassificationJob can ask for, and from which statuses.
_MAY_BECOME: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.CANCELLED: frozenset({JobStatus.IDLE, JobStatus.PAUSED, JobStatus.RUNNING, JobStatus.USER_PAUSED}),
    JobStatus.RUNNING: frozenset({JobStatus.USER_PAUSED}),
    JobStatus.USER_PAUSED: frozenset({JobStatus.IDLE, JobStatus.PAUSED, JobStatus.RUNNING}),
}


def check_transition(job_id: str, status: JobStatus, wanted: JobStatus) -> None:
    """Refuse a transition that Macie does not have.

    :raises ValidationException: saying from where to where.
    """
    if status in _MAY_BECOME.get(wanted, frozenset()):
        return
    if status is JobStatus.CANCELLED:
        raise ValidationException(f"cannot update cancelled job for job {job_id}")
    raise ValidationException(f"cannot update job {job_id} from {status} to {wanted}")
