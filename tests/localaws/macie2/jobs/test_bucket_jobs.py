"""The jobs that analyse a bucket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.conftest import run_job, start
from tests.localaws.macie2.conftest import described_bucket


def test_a_bucket_names_the_jobs_that_read_it(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    assert described_bucket(macie)["jobDetails"] == {"isDefinedInJob": "FALSE", "isMonitoredByJob": "FALSE"}
    job_id = run_job(macie)
    details = described_bucket(macie)["jobDetails"]
    assert (details["isDefinedInJob"], details["isMonitoredByJob"], details["lastJobId"]) == ("TRUE", "FALSE", job_id)
    assert details["lastJobRunTime"] == macie.describe_classification_job(jobId=job_id)["lastRunTime"]
    start(macie, clientToken="daily", jobType="SCHEDULED", scheduleFrequency={"dailySchedule": {}})
    assert described_bucket(macie)["jobDetails"]["isMonitoredByJob"] == "TRUE"
    assert described_bucket(macie, "results")["jobDetails"]["isDefinedInJob"] == "FALSE"


def test_a_job_with_bucket_criteria_reads_what_meets_them_until_it_is_cancelled(
    macie: Any, s3: Any, turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    named = {"simpleCriterion": {"comparator": "EQ", "key": "S3_BUCKET_NAME", "values": ["bronze"]}}
    job_id = start(
        macie,
        initialRun=True,
        jobType="SCHEDULED",
        s3JobDefinition={"bucketCriteria": {"includes": {"and": [named]}}},
        scheduleFrequency={"dailySchedule": {}},
    )
    assert described_bucket(macie)["jobDetails"]["isMonitoredByJob"] == "TRUE"
    assert described_bucket(macie, "results")["jobDetails"]["isMonitoredByJob"] == "FALSE"
    macie.update_classification_job(jobId=job_id, jobStatus="CANCELLED")
    details = described_bucket(macie)["jobDetails"]
    assert (details["isMonitoredByJob"], details["isDefinedInJob"], details["lastJobId"]) == ("FALSE", "TRUE", job_id)


def test_a_cancelled_job_reads_nothing(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    turn(job_held=True)
    macie.update_classification_job(jobId=start(macie), jobStatus="CANCELLED")
    assert described_bucket(macie)["jobDetails"]["isDefinedInJob"] == "FALSE"
