"""The description of a job."""

from __future__ import annotations

from typing import Any

from tests.localaws.conftest import ACCOUNT, start
from tests.localaws.macie2.jobs.test_request import scoped


def test_a_job_is_described_as_it_was_created(macie: Any, s3: Any) -> None:
    wanted = {
        "description": "nightly",
        "managedDataIdentifierSelector": "INCLUDE",
        "managedDataIdentifierIds": ["USA_PASSPORT_NUMBER"],
        "samplingPercentage": 50,
        "tags": {"run": "1"},
        **scoped(key="OBJECT_EXTENSION", comparator="EQ", values=["csv"]),
    }
    job = macie.describe_classification_job(jobId=start(macie, initialRun=True, **wanted))
    assert {name: job[name] for name in wanted} == wanted
    assert (job["name"], job["jobType"], job["clientToken"]) == ("job", "ONE_TIME", "token")
    assert job["initialRun"] is False
    assert job["jobArn"] == f"arn:aws:macie2:us-east-1:{ACCOUNT}:classification-job/{job['jobId']}"


def test_recommended_is_the_selector_when_none_is_given(macie: Any, s3: Any) -> None:
    job = macie.describe_classification_job(jobId=start(macie))
    assert job["managedDataIdentifierSelector"] == "RECOMMENDED"
    assert "managedDataIdentifierIds" not in job
    assert job["samplingPercentage"] == 100
