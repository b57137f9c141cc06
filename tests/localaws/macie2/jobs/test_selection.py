"""The buckets and objects that a run selects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, read_results, run_job
from tests.localaws.macie2.jobs.conftest import put_objects

pytestmark = pytest.mark.usefixtures("repository")


def _bucket_named(*names: str) -> dict[str, Any]:
    return {"simpleCriterion": {"key": "S3_BUCKET_NAME", "comparator": "EQ", "values": [*names]}}


def test_the_run_has_an_error_when_a_bucket_does_not_exist(macie: Any, s3: Any) -> None:
    put_objects(s3, "a.csv")
    buckets = {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["missing", "bronze"]}]}
    job = macie.describe_classification_job(jobId=run_job(macie, s3JobDefinition=buckets))
    assert job["lastRunErrorStatus"] == {"code": "ERROR"}
    assert read_results(s3).keys() == {"a.csv"}


def test_the_run_has_an_error_when_a_bucket_is_in_another_region(
    macie: Any, s3: Any, client: Callable[..., Any]
) -> None:
    there = {"LocationConstraint": "eu-west-1"}
    client("s3", region="eu-west-1").create_bucket(Bucket="faraway", CreateBucketConfiguration=there)
    buckets = {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["faraway"]}]}
    job = macie.describe_classification_job(jobId=run_job(macie, s3JobDefinition=buckets))
    assert job["lastRunErrorStatus"] == {"code": "ERROR"}


def test_the_run_has_no_error_when_all_buckets_could_be_read(macie: Any, s3: Any) -> None:
    job = macie.describe_classification_job(jobId=run_job(macie))
    assert job["lastRunErrorStatus"] == {"code": "NONE"}


def test_buckets_are_chosen_by_criteria_when_the_job_has_criteria(macie: Any, s3: Any) -> None:
    for bucket in ("lake-one", "lake-two", "lake-three"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=f"{bucket}.csv", Body=b"a\n1\n")
    criteria = {
        "includes": {"and": [_bucket_named("lake-one", "lake-two")]},
        "excludes": {"and": [_bucket_named("lake-two")]},
    }
    run_job(macie, s3JobDefinition={"bucketCriteria": criteria})
    assert read_results(s3).keys() == {"lake-one.csv"}


def test_criteria_choose_among_the_buckets_of_the_account_and_its_members(
    macie: Any, s3: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    member, stranger = "111122223333", "444455556666"
    for account in (member, stranger):
        theirs = client("s3", **other_account(account))
        theirs.create_bucket(Bucket=f"lake-{account}")
        theirs.put_object(Bucket=f"lake-{account}", Key=f"{account}.csv", Body=b"a\n1\n")
    put_objects(s3, "own.csv")
    macie.enable_organization_admin_account(adminAccountId=ACCOUNT)
    macie.create_member(account={"accountId": member, "email": "m@example.com"})
    run_job(macie, s3JobDefinition={"bucketCriteria": {"excludes": {"and": [_bucket_named("results")]}}})
    assert read_results(s3).keys() == {"own.csv", f"{member}.csv"}
    only_theirs = {"simpleCriterion": {"key": "ACCOUNT_ID", "comparator": "EQ", "values": [member]}}
    criteria = {"includes": {"and": [only_theirs]}}
    run_job(macie, clientToken="next", s3JobDefinition={"bucketCriteria": criteria})
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="results")["Contents"]]
    assert len(keys) == 3


def test_a_share_of_the_objects_is_read_when_the_job_samples(macie: Any, s3: Any) -> None:
    put_objects(s3, *(f"{number}.csv" for number in range(10)))
    run_job(macie, samplingPercentage=30)
    assert len(read_results(s3)) == 3
