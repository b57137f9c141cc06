"""The status of jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import await_job
from tests.localaws.macie2.jobs.conftest import COMPLETE, EVERY_STATUS, PAUSED, status_of


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_a_job_can_be_in_every_status(macie: Any, job_in: Callable[[str], str], status: str) -> None:
    assert status_of(macie, job_in(status)) == status


def test_a_job_goes_on_when_its_quota_is_lifted(
    macie: Any, job_in: Callable[[str], str], turn: Callable[..., None]
) -> None:
    job_id = job_in(PAUSED)
    turn(job_held=False)
    assert status_of(macie, job_id) == PAUSED
    turn(job_status={})
    assert await_job(macie, job_id)["jobStatus"] == COMPLETE
