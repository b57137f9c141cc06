"""Jobs in every status, and objects for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import run_job, start

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


def status_of(macie: Any, job_id: str) -> str:
    return macie.describe_classification_job(jobId=job_id)["jobStatus"]


def put_objects(s3: Any, *keys: str, body: bytes = b"a\n1\n", **more: Any) -> str:
    return [s3.put_object(Bucket="bronze", Key=key, Body=body, **more) for key in keys][-1]["VersionId"]
