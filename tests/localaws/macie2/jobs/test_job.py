"""The status of jobs, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import await_job, error_of, job_request, run_job, start

CANCELLED, COMPLETE, IDLE, PAUSED = "CANCELLED", "COMPLETE", "IDLE", "PAUSED"
RUNNING, USER_PAUSED = "RUNNING", "USER_PAUSED"
ALLOWED = {
    **dict.fromkeys([(status, CANCELLED) for status in (IDLE, PAUSED, RUNNING, USER_PAUSED)], CANCELLED),
    **dict.fromkeys([(status, USER_PAUSED) for status in (IDLE, PAUSED, RUNNING)], USER_PAUSED),
    (USER_PAUSED, RUNNING): RUNNING,
}
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


@pytest.mark.parametrize("wanted", EVERY_STATUS)
@pytest.mark.parametrize("status", EVERY_STATUS)
def test_a_job_changes_its_status_only_as_documented(
    macie: Any, job_in: Callable[[str], str], status: str, wanted: str
) -> None:
    job_id = job_in(status)
    if (status, wanted) in ALLOWED:
        macie.update_classification_job(jobId=job_id, jobStatus=wanted)
        assert _status(macie, job_id) == wanted
    else:
        update = {"jobId": job_id, "jobStatus": wanted}
        assert error_of(macie.update_classification_job, **update)[:2] == ("ValidationException", 400)
        assert _status(macie, job_id) == status


def test_the_message_is_that_of_macie_when_a_cancelled_job_is_updated(macie: Any, job_in: Callable[[str], str]) -> None:
    job_id = job_in(CANCELLED)
    message = error_of(macie.update_classification_job, jobId=job_id, jobStatus=CANCELLED)[2]
    assert "cannot update cancelled job for job" in message


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


def test_a_job_goes_on_when_its_quota_is_lifted(
    macie: Any, job_in: Callable[[str], str], turn: Callable[..., None]
) -> None:
    job_id = job_in(PAUSED)
    turn(job_held=False)
    assert _status(macie, job_id) == PAUSED
    turn(job_status={})
    assert await_job(macie, job_id)["jobStatus"] == COMPLETE


@pytest.fixture
def three_jobs(macie: Any, s3: Any) -> Any:
    start(macie, name="alpha one", clientToken="1")
    start(macie, name="alpha two", clientToken="2")
    schedule = {"jobType": "SCHEDULED", "scheduleFrequency": {"weeklySchedule": {"dayOfWeek": "MONDAY"}}}
    start(macie, name="beta", clientToken="3", **schedule)
    return macie


@pytest.mark.parametrize(
    ("includes", "excludes", "names"),
    [
        ([], [], ["alpha one", "alpha two", "beta"]),
        ([{"key": "name", "comparator": "STARTS_WITH", "values": ["alpha"]}], [], ["alpha one", "alpha two"]),
        ([{"key": "name", "comparator": "CONTAINS", "values": ["two", "bet"]}], [], ["alpha two", "beta"]),
        ([{"key": "jobType", "comparator": "EQ", "values": ["SCHEDULED"]}], [], ["beta"]),
        ([{"key": "jobType", "comparator": "NE", "values": ["SCHEDULED"]}], [], ["alpha one", "alpha two"]),
        ([], [{"key": "name", "comparator": "EQ", "values": ["beta"]}], ["alpha one", "alpha two"]),
        ([{"key": "jobStatus", "comparator": "EQ", "values": ["IDLE"]}], [], ["beta"]),
        (
            [{"key": "createdAt", "comparator": "GT", "values": ["2020-01-01T00:00:00Z"]}],
            [],
            ["alpha one", "alpha two", "beta"],
        ),
        ([{"key": "createdAt", "comparator": "LT", "values": ["2020-01-01"]}], [], []),
    ],
)
def test_the_list_has_the_jobs_that_meet_the_filter(
    three_jobs: Any, includes: list[Any], excludes: list[Any], names: list[str]
) -> None:
    listed = three_jobs.list_classification_jobs(
        filterCriteria={"includes": includes, "excludes": excludes},
        sortCriteria={"attributeName": "name", "orderBy": "ASC"},
    )
    assert [job["name"] for job in listed["items"]] == names


@pytest.mark.parametrize(
    "term",
    [
        {"key": "name", "comparator": "EQ"},
        {"key": "name", "values": ["a"]},
        {"key": "createdAt", "comparator": "CONTAINS", "values": ["2020"]},
        {"key": "createdAt", "comparator": "GT", "values": ["long ago"]},
    ],
)
def test_a_filter_is_refused_when_it_makes_no_sense(macie: Any, term: dict[str, Any]) -> None:
    filters = {"filterCriteria": {"includes": [term]}}
    assert error_of(macie.list_classification_jobs, **filters)[:2] == ("ValidationException", 400)


def test_the_list_is_sorted_and_paged(three_jobs: Any) -> None:
    pages = three_jobs.get_paginator("list_classification_jobs").paginate(
        sortCriteria={"attributeName": "name", "orderBy": "DESC"}, PaginationConfig={"PageSize": 2}
    )
    parts = [[job["name"] for job in part["items"]] for part in pages]
    assert parts == [["beta", "alpha two"], ["alpha one"]]


def test_a_job_can_be_created_without_a_client_token(macie: Any, s3: Any) -> None:
    created = macie.create_classification_job(**job_request(clientToken=None))
    assert len(created["jobId"]) == 32
