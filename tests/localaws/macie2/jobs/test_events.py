"""Log events of jobs in CloudWatch Logs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from localaws.server import LocalAws
from tests.localaws.conftest import ACCOUNT, request, run_job, start
from tests.localaws.waiting import until

GROUP = "/aws/macie/classificationjobs"
DAILY: dict[str, Any] = {"jobType": "SCHEDULED", "scheduleFrequency": {"dailySchedule": {}}}

type Events = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def events(client: Callable[..., Any]) -> Events:
    """Return all events of a job as soon as there are as many as types are named: ``events(job_id, *types)``."""
    logs = client("logs")

    def read(job_id: str) -> list[dict[str, Any]]:
        try:
            logged = logs.get_log_events(logGroupName=GROUP, logStreamName=job_id, startFromHead=True)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [json.loads(item["message"]) for item in logged]

    def wait(job_id: str, *types: str) -> list[dict[str, Any]]:
        until(lambda: len(read(job_id)) >= len(types), f"{len(types)} events")
        logged = read(job_id)
        assert [item["eventType"] for item in logged] == [*types]
        return logged

    return wait


def test_a_one_time_job_logs_its_life_with_the_documented_fields(macie: Any, s3: Any, events: Events) -> None:
    job_id = run_job(macie, name="My_Macie_Job")
    created, started, completed = events(job_id, "JOB_CREATED", "ONE_TIME_JOB_STARTED", "JOB_COMPLETED")
    assert created == {
        "adminAccountId": ACCOUNT,
        "jobId": job_id,
        "eventType": "JOB_CREATED",
        "occurredAt": created["occurredAt"],
        "description": "The job was created.",
        "jobName": "My_Macie_Job",
    }
    assert completed.keys() == created.keys() | {"runDate"}
    assert started["runDate"] == completed["runDate"] <= completed["occurredAt"]
    job = macie.describe_classification_job(jobId=job_id)
    assert datetime.fromisoformat(created["occurredAt"]) >= job["createdAt"]
    assert datetime.fromisoformat(completed["runDate"]) == job["lastRunTime"] == job["createdAt"]


def test_a_scheduled_job_logs_each_run(macie: Any, s3: Any, events: Events, turn: Callable[..., None]) -> None:
    job_id = start(macie, **DAILY, initialRun=True)
    run = ["SCHEDULED_RUN_STARTED", "SCHEDULED_RUN_COMPLETED"]
    events(job_id, "JOB_CREATED", *run)
    turn(clock_ahead_seconds=24 * 3600)
    _, first, _, second, _ = events(job_id, "JOB_CREATED", *run, *run)
    assert first["runDate"] < second["runDate"]


def test_actions_of_a_user_are_logged(macie: Any, s3: Any, events: Events, turn: Callable[..., None]) -> None:
    turn(job_held=True)
    job_id = start(macie)
    for status in ("USER_PAUSED", "RUNNING", "CANCELLED"):
        macie.update_classification_job(jobId=job_id, jobStatus=status)
    done = ["JOB_PAUSED_BY_USER", "JOB_RESUMED_BY_USER", "JOB_CANCELLED"]
    events(job_id, "JOB_CREATED", "ONE_TIME_JOB_STARTED", *done)


def test_pauses_by_quota_are_logged(macie: Any, s3: Any, events: Events, turn: Callable[..., None]) -> None:
    turn(job_held=True)
    job_id = start(macie)
    turn(job_status={job_id: "PAUSED"})
    turn(job_status={}, job_held=False)
    quota = ["JOB_PAUSED_BY_MACIE_SERVICE_QUOTA_MET", "JOB_RESUMED_BY_MACIE_SERVICE_QUOTA_LIFTED"]
    events(job_id, "JOB_CREATED", "ONE_TIME_JOB_STARTED", *quota, "JOB_COMPLETED")


def test_a_job_that_expires_is_logged_as_cancelled(
    macie: Any, s3: Any, events: Events, turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    job_id = start(macie)
    macie.update_classification_job(jobId=job_id, jobStatus="USER_PAUSED")
    turn(clock_ahead_seconds=31 * 24 * 3600)
    events(job_id, "JOB_CREATED", "ONE_TIME_JOB_STARTED", "JOB_PAUSED_BY_USER", "JOB_CANCELLED")


def test_jobs_log_that_macie_is_suspended_or_disabled(macie: Any, s3: Any, events: Events) -> None:
    suspended = start(macie, **DAILY)
    macie.update_macie_session(status="PAUSED")
    *_, why, _ = events(suspended, "JOB_CREATED", "ACCOUNT_SUSPENDED", "JOB_CANCELLED")
    assert why["affectedAccount"] == ACCOUNT
    macie.update_macie_session(status="ENABLED")
    disabled = start(macie, **DAILY, clientToken="next")
    macie.disable_macie()
    events(disabled, "JOB_CREATED", "JOB_CANCELLED")


def test_buckets_that_meet_the_criteria_are_logged_and_so_is_that_none_does(
    macie: Any, s3: Any, events: Events
) -> None:
    def criteria(name: str) -> dict[str, Any]:
        named = {"key": "S3_BUCKET_NAME", "comparator": "EQ", "values": [name]}
        return {"bucketCriteria": {"includes": {"and": [{"simpleCriterion": named}]}}}

    some = run_job(macie, s3JobDefinition=criteria("bronze"))
    *_, matched, _ = events(some, "JOB_CREATED", "ONE_TIME_JOB_STARTED", "BUCKET_MATCHED_THE_CRITERIA", "JOB_COMPLETED")
    assert matched["affectedAccount"] == ACCOUNT
    assert matched["affectedResource"] == {"type": "S3_BUCKET_NAME", "value": "bronze"}
    none = run_job(macie, s3JobDefinition=criteria("missing"), clientToken="next")
    events(none, "JOB_CREATED", "ONE_TIME_JOB_STARTED", "NO_BUCKETS_MATCHED_THE_CRITERIA", "JOB_COMPLETED")


def test_the_reason_why_a_bucket_could_not_be_read_is_logged(
    macie: Any, s3: Any, client: Callable[..., Any], events: Events
) -> None:
    there = {"LocationConstraint": "eu-west-1"}
    client("s3", region="eu-west-1").create_bucket(Bucket="faraway", CreateBucketConfiguration=there)
    s3.create_bucket(Bucket="closed")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::closed"}
    s3.put_bucket_policy(Bucket="closed", Policy=json.dumps({"Statement": [statement]}))
    buckets = {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["missing", "faraway", "closed"]}]}
    job_id = run_job(macie, s3JobDefinition=buckets)
    why = ["BUCKET_DOES_NOT_EXIST", "BUCKET_IN_DIFFERENT_REGION", "BUCKET_ACCESS_DENIED"]
    *_, missing, _, closed, _ = events(job_id, "JOB_CREATED", "ONE_TIME_JOB_STARTED", *why, "JOB_COMPLETED")
    assert missing["affectedResource"] == {"type": "S3_BUCKET_NAME", "value": "missing"}
    assert (closed["affectedAccount"], closed["operation"]) == (ACCOUNT, "ListObjectsV2")
    assert macie.describe_classification_job(jobId=job_id)["lastRunErrorStatus"] == {"code": "ERROR"}


def test_events_from_before_a_reset_are_not_logged_after_it(
    aws: LocalAws, macie: Any, s3: Any, client: Callable[..., Any], turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    for token in "abc":
        start(macie, clientToken=token)
    assert request(aws, "POST", "/moto-api/reset")[0] == 200
    until(lambda: "macie-outbox" not in {item.name for item in threading.enumerate()}, "all letters to be sent")
    assert client("logs").describe_log_groups()["logGroups"] == []


def test_the_group_that_is_there_already_is_used(
    macie: Any, s3: Any, client: Callable[..., Any], events: Events
) -> None:
    client("logs").create_log_group(logGroupName=GROUP)
    client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    events(run_job(macie), "JOB_CREATED", "ONE_TIME_JOB_STARTED", "JOB_COMPLETED")
    [group] = client("logs").describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    assert group["retentionInDays"] == 7
