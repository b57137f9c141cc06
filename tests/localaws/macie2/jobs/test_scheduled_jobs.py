"""SCHEDULED jobs, and what the passing of time does to jobs."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, error_of, start
from tests.localaws.waiting import until

pytestmark = pytest.mark.usefixtures("repository")

DAILY: dict[str, Any] = {"jobType": "SCHEDULED", "scheduleFrequency": {"dailySchedule": {}}}
DAY = timedelta(days=1)

type Move = Callable[[timedelta], None]


@pytest.fixture
def move(turn: Callable[..., None]) -> Move:
    """Move Macie's clock on: ``move(timedelta(days=1))``."""
    ahead = timedelta()

    def on(by: timedelta) -> None:
        nonlocal ahead
        ahead += by
        turn(clock_ahead_seconds=ahead.total_seconds())

    return on


def _put(s3: Any, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket="bronze", Key=key, Body=b"a\n1\n")


def _describe(macie: Any, job_id: str) -> dict[str, Any]:
    return macie.describe_classification_job(jobId=job_id)


def _await_run(macie: Any, job_id: str, runs: int) -> dict[str, Any]:
    """Return the description of the job when it has ended that many runs."""

    def idle() -> dict[str, Any] | None:
        job = _describe(macie, job_id)
        return job if (job["jobStatus"], job["statistics"]["numberOfRuns"]) == ("IDLE", runs) else None

    return until(idle, f"run {runs} to end")


def _read_of(s3: Any) -> dict[str, int]:
    """Return how many discovery results there are of each key."""
    stored = s3.list_objects_v2(Bucket="results").get("Contents", [])
    bodies = [s3.get_object(Bucket="results", Key=item["Key"])["Body"].read() for item in stored]
    records = [json.loads(gzip.decompress(body)) for body in bodies]
    return Counter(record["resourcesAffected"]["s3Object"]["key"] for record in records)


# ---- when a job runs and what it reads


def test_what_is_there_is_read_at_once_and_later_only_what_is_new_when_the_job_has_an_initial_run(
    macie: Any, s3: Any, move: Move
) -> None:
    _put(s3, "old.csv", "changed.csv")
    job_id = start(macie, **DAILY, initialRun=True)
    first = _await_run(macie, job_id, 1)
    assert _read_of(s3) == {"old.csv": 1, "changed.csv": 1}
    assert first["initialRun"] is True
    _put(s3, "changed.csv", "new.csv")
    move(DAY)
    second = _await_run(macie, job_id, 2)
    assert _read_of(s3) == {"old.csv": 1, "changed.csv": 2, "new.csv": 1}
    assert second["lastRunTime"] - first["lastRunTime"] > DAY - timedelta(minutes=1)


def test_only_what_came_after_the_job_is_read_by_its_first_run_when_it_has_no_initial_run(
    macie: Any, s3: Any, move: Move
) -> None:
    _put(s3, "old.csv")
    job_id = start(macie, **DAILY)
    job = _describe(macie, job_id)
    assert (job["jobStatus"], job["statistics"]["numberOfRuns"]) == ("IDLE", 0)
    assert job["lastRunTime"] == job["createdAt"]
    _put(s3, "new.csv")
    move(DAY)
    _await_run(macie, job_id, 1)
    assert _read_of(s3) == {"new.csv": 1}


def test_a_run_reads_nothing_when_nothing_has_changed(macie: Any, s3: Any, move: Move) -> None:
    _put(s3, "a.csv")
    job_id = start(macie, **DAILY, initialRun=True)
    for runs in (1, 2, 3):
        _await_run(macie, job_id, runs)
        move(DAY)
    _await_run(macie, job_id, 4)
    assert _read_of(s3) == {"a.csv": 1}


def test_days_that_the_clock_jumps_over_are_made_up_for_by_one_run(macie: Any, s3: Any, move: Move) -> None:
    job_id = start(macie, **DAILY)
    move(10 * DAY)
    _await_run(macie, job_id, 1)
    move(timedelta(hours=23))
    assert _describe(macie, job_id)["statistics"]["numberOfRuns"] == 1
    move(timedelta(hours=1))
    _await_run(macie, job_id, 2)


def test_a_weekly_job_runs_on_its_day_of_the_week(macie: Any, s3: Any, move: Move) -> None:
    in_two_days = f"{datetime.now(UTC) + 2 * DAY:%A}".upper()
    weekly = {"weeklySchedule": {"dayOfWeek": in_two_days}}
    job_id = start(macie, jobType="SCHEDULED", scheduleFrequency=weekly)
    move(DAY)
    assert _describe(macie, job_id)["statistics"]["numberOfRuns"] == 0
    move(DAY)
    _await_run(macie, job_id, 1)
    move(6 * DAY)
    assert _describe(macie, job_id)["statistics"]["numberOfRuns"] == 1
    move(DAY)
    _await_run(macie, job_id, 2)


def test_a_job_runs_by_itself_when_its_time_comes(macie: Any, s3: Any, move: Move) -> None:
    job_id = start(macie, **DAILY)
    move(DAY - timedelta(seconds=0.5))
    _await_run(macie, job_id, 1)


def test_the_job_describes_the_run_under_way(macie: Any, s3: Any, move: Move, turn: Callable[..., None]) -> None:
    _put(s3, "a.csv", "b.csv")
    job_id = start(macie, **DAILY, initialRun=True)
    _await_run(macie, job_id, 1)
    _put(s3, "b.csv")
    turn(job_held=True)
    move(DAY)
    running = _describe(macie, job_id)
    assert (running["jobStatus"], running["statistics"]["numberOfRuns"]) == ("RUNNING", 2)
    until(lambda: _describe(macie, job_id)["statistics"]["approximateNumberOfObjectsToProcess"] == 1)
    turn(job_held=False)
    assert _await_run(macie, job_id, 2)["statistics"]["approximateNumberOfObjectsToProcess"] == 0


def test_no_second_run_starts_while_one_is_under_way(
    macie: Any, s3: Any, move: Move, turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    job_id = start(macie, **DAILY, initialRun=True)
    move(3 * DAY)
    assert _describe(macie, job_id)["statistics"]["numberOfRuns"] == 1
    turn(job_held=False)
    _await_run(macie, job_id, 2)


def test_the_error_status_is_that_of_the_latest_run(macie: Any, s3: Any, move: Move) -> None:
    buckets = {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["later"]}]}
    job_id = start(macie, **DAILY, initialRun=True, s3JobDefinition=buckets)
    assert _await_run(macie, job_id, 1)["lastRunErrorStatus"] == {"code": "ERROR"}
    s3.create_bucket(Bucket="later")
    move(DAY)
    assert _await_run(macie, job_id, 2)["lastRunErrorStatus"] == {"code": "NONE"}


def test_buckets_that_meet_the_criteria_are_looked_for_at_every_run(macie: Any, s3: Any, move: Move) -> None:
    named = {"key": "S3_BUCKET_NAME", "comparator": "EQ", "values": ["lake-one", "lake-two"]}
    criteria = {"bucketCriteria": {"includes": {"and": [{"simpleCriterion": named}]}}}
    job_id = start(macie, **DAILY, initialRun=True, s3JobDefinition=criteria)
    _await_run(macie, job_id, 1)
    s3.create_bucket(Bucket="lake-two")
    s3.put_object(Bucket="lake-two", Key="a.csv", Body=b"a\n1\n")
    move(DAY)
    _await_run(macie, job_id, 2)
    assert _read_of(s3) == {"a.csv": 1}


# ---- paused, and what becomes of it


def test_a_run_goes_on_where_it_stopped_when_it_is_resumed_in_time(
    macie: Any, s3: Any, move: Move, turn: Callable[..., None]
) -> None:
    _put(s3, "a.csv")
    turn(job_held=True)
    job_id = start(macie, **DAILY, initialRun=True)
    macie.update_classification_job(jobId=job_id, jobStatus="USER_PAUSED")
    turn(job_held=False)
    move(29 * DAY)
    assert _describe(macie, job_id)["jobStatus"] == "USER_PAUSED"
    macie.update_classification_job(jobId=job_id, jobStatus="RUNNING")
    _await_run(macie, job_id, 1)
    assert _read_of(s3) == {"a.csv": 1}
    move(timedelta(hours=23))
    assert _describe(macie, job_id)["statistics"]["numberOfRuns"] == 1


def test_a_one_time_job_is_cancelled_when_it_is_not_resumed_in_time(
    macie: Any, s3: Any, move: Move, turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    job_id = start(macie)
    macie.update_classification_job(jobId=job_id, jobStatus="USER_PAUSED")
    move(30 * DAY - timedelta(minutes=1))
    assert _describe(macie, job_id)["jobStatus"] == "USER_PAUSED"
    move(timedelta(minutes=2))
    assert _describe(macie, job_id)["jobStatus"] == "CANCELLED"
    resume = {"jobId": job_id, "jobStatus": "RUNNING"}
    assert error_of(macie.update_classification_job, **resume)[:2] == ("ValidationException", 400)


def test_the_run_and_not_the_job_is_cancelled_when_a_scheduled_job_is_not_resumed_in_time(
    macie: Any, s3: Any, move: Move, turn: Callable[..., None]
) -> None:
    _put(s3, "a.csv")
    turn(job_held=True)
    job_id = start(macie, **DAILY, initialRun=True)
    macie.update_classification_job(jobId=job_id, jobStatus="USER_PAUSED")
    move(31 * DAY)
    turn(job_held=False)
    job = _describe(macie, job_id)
    assert job["jobStatus"] == "USER_PAUSED"
    assert "userPausedDetails" not in job
    macie.update_classification_job(jobId=job_id, jobStatus="RUNNING")
    assert _describe(macie, job_id)["jobStatus"] == "IDLE"
    _put(s3, "b.csv")
    move(DAY)
    _await_run(macie, job_id, 2)
    assert _read_of(s3) == {"b.csv": 1}


def test_a_job_that_was_idle_when_it_was_paused_never_expires_and_makes_up_for_nothing(
    macie: Any, s3: Any, move: Move
) -> None:
    job_id = start(macie, **DAILY)
    macie.update_classification_job(jobId=job_id, jobStatus="USER_PAUSED")
    assert "userPausedDetails" not in _describe(macie, job_id)
    move(100 * DAY)
    assert _describe(macie, job_id)["jobStatus"] == "USER_PAUSED"
    macie.update_classification_job(jobId=job_id, jobStatus="RUNNING")
    job = _describe(macie, job_id)
    assert (job["jobStatus"], job["statistics"]["numberOfRuns"]) == ("IDLE", 0)
    move(DAY)
    _await_run(macie, job_id, 1)


def test_the_health_event_is_named_a_week_before_a_paused_job_expires(
    macie: Any, s3: Any, move: Move, turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    job_id = start(macie)
    macie.update_classification_job(jobId=job_id, jobStatus="USER_PAUSED")
    move(22 * DAY)
    assert "jobImminentExpirationHealthEventArn" not in _describe(macie, job_id)["userPausedDetails"]
    move(DAY)
    arn = _describe(macie, job_id)["userPausedDetails"]["jobImminentExpirationHealthEventArn"]
    assert arn.startswith("arn:aws:health:us-east-1::event/")
    [listed] = macie.list_classification_jobs()["items"]
    assert listed["userPausedDetails"]["jobImminentExpirationHealthEventArn"] == arn


def test_a_cancelled_job_has_no_more_runs(macie: Any, s3: Any, move: Move) -> None:
    job_id = start(macie, **DAILY, initialRun=True)
    _await_run(macie, job_id, 1)
    macie.update_classification_job(jobId=job_id, jobStatus="CANCELLED")
    move(5 * DAY)
    job = _describe(macie, job_id)
    assert (job["jobStatus"], job["statistics"]["numberOfRuns"]) == ("CANCELLED", 1)


def test_suspending_macie_cancels_an_idle_job(macie: Any, s3: Any) -> None:
    job_id = start(macie, **DAILY)
    macie.update_macie_session(status="PAUSED")
    assert _describe(macie, job_id)["jobStatus"] == "CANCELLED"


# ---- time as a dial


def test_a_job_is_complete_only_after_it_was_looked_at_as_often_as_the_dial_says(
    macie: Any, s3: Any, turn: Callable[..., None]
) -> None:
    turn(job_looks=3)
    job_id = start(macie)
    assert [_describe(macie, job_id)["jobStatus"] for _ in range(3)] == ["RUNNING"] * 3
    until(lambda: _describe(macie, job_id)["jobStatus"] == "COMPLETE", "the job to be complete")


def test_listing_a_job_does_not_count_as_a_look(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    turn(job_looks=1)
    start(macie)
    for _ in range(20):
        [listed] = macie.list_classification_jobs()["items"]
        assert listed["jobStatus"] == "RUNNING"
