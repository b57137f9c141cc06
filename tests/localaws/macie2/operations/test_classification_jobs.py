"""The creation of jobs: client tokens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.localaws.conftest import job_request, start


def test_a_job_can_be_created_without_a_client_token(macie: Any, s3: Any) -> None:
    created = macie.create_classification_job(**job_request(clientToken=None))
    assert len(created["jobId"]) == 32


def test_the_same_client_token_gives_the_same_job_and_another_request_a_conflict(macie: Any, s3: Any) -> None:
    first = start(macie, clientToken="retry")
    assert start(macie, clientToken="retry") == first
    assert start(macie, clientToken="new run") != first
    with pytest.raises(macie.exceptions.ConflictException):
        start(macie, clientToken="retry", name="other")


def test_one_job_is_made_when_the_same_request_comes_many_times_at_once(macie: Any, s3: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: start(macie), range(16)))
    assert [job["jobId"] for job in macie.list_classification_jobs()["items"]] == [*ids]
