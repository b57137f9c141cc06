"""The status of jobs, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import await_job, run_job, start

CANCELLED, COMPLETE, IDLE, PAUSED = "CANCELLED", "COMPLETE", "IDLE", "PAUSED"


RUNNING, USER_PAUSED = "RUNNING", "USER_PAUSED"


DAILY: dict[str, Any] = {"jobType": "SCHEDULED", "scheduleFrequency": {"dailySchedule": {}}}


EVERY_STATUS = (CANCELLED, COMPLETE, IDLE, PAUSED, RUNNING, USER_PAUSED)


@pytest.fixture
def job_in(macie: Any, s3: Any, turn: Callable[..., None]) -> Callable[[str], str]:
    """Make a job and bring it into a status."""

    def make(status: str) -> str:
        if status == COMPLETE:
            return run_job(macie)
        if status == IDLE:
            return start(macie, **DAILY)
        turn(job_held=True)
        job_id = start(macie)
        if status == PAUSED:
            turn(job_status={job_id: PAUSED})
        elif status != RUNNING:
            macie.update_classification_job(jobId=job_id, jobStatus=status)
        return job_id

    return make


def _status(macie: Any, job_id: str) -> str:
    return macie.describe_classification_job(jobId=job_id)["jobStatus"]


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_a_job_can_be_in_every_status(macie: Any, job_in: Callable[[str], str], status: str) -> None:
    assert _status(macie, job_in(status)) == status


def test_a_job_goes_on_when_its_quota_is_lifted(
    macie: Any, job_in: Callable[[str], str], turn: Callable[..., None]
) -> None:
    job_id = job_in(PAUSED)
    turn(job_held=False)
    assert _status(macie, job_id) == PAUSED
    turn(job_status={})
    assert await_job(macie, job_id)["jobStatus"] == COMPLETE
