"""Transitions between the statuses of a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import error_of
from tests.localaws.macie2.jobs.conftest import CANCELLED, EVERY_STATUS, IDLE, PAUSED, RUNNING, USER_PAUSED, status_of

ALLOWED = {
    **dict.fromkeys([(status, CANCELLED) for status in (IDLE, PAUSED, RUNNING, USER_PAUSED)], CANCELLED),
    **dict.fromkeys([(status, USER_PAUSED) for status in (IDLE, PAUSED, RUNNING)], USER_PAUSED),
    (USER_PAUSED, RUNNING): RUNNING,
}


@pytest.mark.parametrize("wanted", EVERY_STATUS)
@pytest.mark.parametrize("status", EVERY_STATUS)
def test_a_job_changes_its_status_only_as_documented(
    macie: Any, job_in: Callable[[str], str], status: str, wanted: str
) -> None:
    job_id = job_in(status)
    if (status, wanted) in ALLOWED:
        macie.update_classification_job(jobId=job_id, jobStatus=wanted)
        assert status_of(macie, job_id) == wanted
    else:
        update = {"jobId": job_id, "jobStatus": wanted}
        assert error_of(macie.update_classification_job, **update)[:2] == ("ValidationException", 400)
        assert status_of(macie, job_id) == status


def test_the_message_is_that_of_macie_when_a_cancelled_job_is_updated(macie: Any, job_in: Callable[[str], str]) -> None:
    job_id = job_in(CANCELLED)
    message = error_of(macie.update_classification_job, jobId=job_id, jobStatus=CANCELLED)[2]
    assert "cannot update cancelled job for job" in message
