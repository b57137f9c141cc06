"""Pauses: when a paused job expires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.conftest import await_job
from tests.localaws.macie2.jobs.conftest import COMPLETE, RUNNING, USER_PAUSED


def test_a_paused_job_says_when_it_expires_and_goes_on_when_it_is_resumed(
    macie: Any, job_in: Callable[[str], str], turn: Callable[..., None]
) -> None:
    job_id = job_in(USER_PAUSED)
    turn(job_held=False)
    details = macie.describe_classification_job(jobId=job_id)["userPausedDetails"]
    assert (details["jobExpiresAt"] - details["jobPausedAt"]).days == 30
    macie.update_classification_job(jobId=job_id, jobStatus=RUNNING)
    job = await_job(macie, job_id)
    assert job["jobStatus"] == COMPLETE
    assert "userPausedDetails" not in job
