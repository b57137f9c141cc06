"""The inventory of buckets through the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, KMS_KEY, error_of, run_job, start
from tests.localaws.macie2.operations.conftest import MEMBER, pages


@pytest.fixture
def stored(s3: Any) -> Any:
    """Objects of all sorts in ``bronze``, nothing in ``results``."""
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"1234")
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"12345678")
    s3.put_object(Bucket="bronze", Key="b.CSV.gz", Body=b"12", ServerSideEncryption="aws:kms", SSEKMSKeyId=KMS_KEY)
    s3.put_object(Bucket="bronze", Key="photo.jpg", Body=b"123")
    s3.put_object(Bucket="bronze", Key="old.csv", Body=b"1", StorageClass="GLACIER")
    s3.put_object(Bucket="bronze", Key="old", Body=b"1", StorageClass="DEEP_ARCHIVE")
    return s3


def _bucket(macie: Any, name: str = "bronze") -> dict[str, Any]:
    [found] = macie.describe_buckets(criteria={"bucketName": {"eq": [name]}})["buckets"]
    return dict(found)


def test_a_bucket_tells_what_can_be_analysed(macie: Any, stored: Any) -> None:
    found = _bucket(macie)
    assert (found["objectCount"], found["sizeInBytes"], found["sizeInBytesCompressed"]) == (5, 15, 2)
    assert (found["classifiableObjectCount"], found["classifiableSizeInBytes"]) == (2, 10)
    assert found["unclassifiableObjectCount"] == {"fileType": 2, "storageClass": 2, "total": 3}
    assert found["unclassifiableObjectSizeInBytes"] == {"fileType": 4, "storageClass": 2, "total": 5}
    encrypted = {kind: count for kind, count in found["objectCountByEncryptionType"].items() if count}
    assert encrypted == {"kmsManaged": 1, "s3Managed": 4}
    assert (found["sensitivityScore"], _bucket(macie, "results")["sensitivityScore"]) == (50, 1)


def test_a_bucket_tells_how_it_is_set_up(macie: Any, s3: Any) -> None:
    s3.put_bucket_tagging(Bucket="bronze", Tagging={"TagSet": [{"Key": "zone", "Value": "bronze"}]})
    found, plain = _bucket(macie), _bucket(macie, "results")
    assert (found["accountId"], found["bucketArn"], found["region"]) == (ACCOUNT, "arn:aws:s3:::bronze", "us-east-1")
    assert found["tags"] == [{"key": "zone", "value": "bronze"}]
    assert (found["versioning"], plain["versioning"]) == (True, False)
    assert found["serverSideEncryption"]["type"] == "AES256"
    assert (found["publicAccess"]["effectivePermission"], found["sharedAccess"]) == ("NOT_PUBLIC", "NOT_SHARED")
    assert found["replicationDetails"]["replicated"] is False


def test_a_bucket_tells_where_it_is_replicated_to(
    macie: Any, s3: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    theirs = client("s3", **other_account(MEMBER))
    theirs.create_bucket(Bucket="theirs")
    for versioned, name in ((theirs, "theirs"), (s3, "results")):
        versioned.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rules = [
        {"Destination": {"Bucket": f"arn:aws:s3:::{name}"}, "ID": name, "Prefix": "", "Status": "Enabled"}
        for name in ("theirs", "results")
    ]
    role = f"arn:aws:iam::{ACCOUNT}:role/replication"
    s3.put_bucket_replication(Bucket="bronze", ReplicationConfiguration={"Role": role, "Rules": rules})
    assert _bucket(macie)["replicationDetails"] == {
        "replicated": True,
        "replicatedExternally": True,
        "replicationAccounts": [MEMBER],
    }


DENIES_PLAIN_UPLOADS = {
    "Action": "s3:PutObject",
    "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
    "Effect": "Deny",
    "Principal": "*",
    "Resource": "arn:aws:s3:::bronze/*",
}


def test_a_policy_can_demand_encryption(macie: Any, s3: Any) -> None:
    assert _bucket(macie)["allowsUnencryptedObjectUploads"] == "TRUE"
    s3.put_bucket_policy(Bucket="bronze", Policy=json.dumps({"Statement": [DENIES_PLAIN_UPLOADS]}))
    assert _bucket(macie)["allowsUnencryptedObjectUploads"] == "FALSE"


def test_a_bucket_tells_when_its_objects_are_hidden(macie: Any, stored: Any) -> None:
    denied = {"Action": "s3:ListBucket", "Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::bronze"}
    stored.put_bucket_policy(Bucket="bronze", Policy=json.dumps({"Statement": [denied]}))
    found = _bucket(macie)
    assert found["errorCode"] == "ACCESS_DENIED"
    assert "objectCount" not in found
    assert macie.get_bucket_statistics()["objectCount"] == 0


def test_a_bucket_tells_which_jobs_read_it(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    assert _bucket(macie)["jobDetails"] == {"isDefinedInJob": "FALSE", "isMonitoredByJob": "FALSE"}
    job_id = run_job(macie)
    told = _bucket(macie)["jobDetails"]
    assert (told["isDefinedInJob"], told["isMonitoredByJob"], told["lastJobId"]) == ("TRUE", "FALSE", job_id)
    assert told["lastJobRunTime"] == macie.describe_classification_job(jobId=job_id)["lastRunTime"]
    start(macie, clientToken="daily", jobType="SCHEDULED", scheduleFrequency={"dailySchedule": {}})
    assert _bucket(macie)["jobDetails"]["isMonitoredByJob"] == "TRUE"
    assert _bucket(macie, "results")["jobDetails"]["isDefinedInJob"] == "FALSE"


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
    assert _bucket(macie)["jobDetails"]["isMonitoredByJob"] == "TRUE"
    assert _bucket(macie, "results")["jobDetails"]["isMonitoredByJob"] == "FALSE"
    macie.update_classification_job(jobId=job_id, jobStatus="CANCELLED")
    told = _bucket(macie)["jobDetails"]
    assert (told["isMonitoredByJob"], told["isDefinedInJob"], told["lastJobId"]) == ("FALSE", "TRUE", job_id)


def test_a_cancelled_job_reads_nothing(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    turn(job_held=True)
    macie.update_classification_job(jobId=start(macie), jobStatus="CANCELLED")
    assert _bucket(macie)["jobDetails"]["isDefinedInJob"] == "FALSE"


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({"bucketName": {"prefix": "bro"}}, ["bronze"]),
        ({"bucketName": {"neq": ["bronze"]}}, ["results"]),
        ({"objectCount": {"gte": 5}}, ["bronze"]),
        ({"objectCount": {"lt": 5}, "accountId": {"eq": [ACCOUNT]}}, ["results"]),
        ({"versioning": {"eq": ["true"]}}, ["bronze"]),
        ({"publicAccess.effectivePermission": {"eq": ["PUBLIC"]}}, []),
        ({"bucketCreatedAt": {"gt": 0}}, ["bronze", "results"]),
    ],
    ids=str,
)
def test_buckets_are_found_by_criteria(macie: Any, stored: Any, criteria: dict[str, Any], names: list[str]) -> None:
    assert [one["bucketName"] for one in macie.describe_buckets(criteria=criteria)["buckets"]] == names


@pytest.mark.parametrize(
    "request_",
    [
        {"criteria": {"colour": {"eq": ["red"]}}},
        {"criteria": {"objectCount": {"prefix": "1"}}},
        {"sortCriteria": {"attributeName": "colour"}},
    ],
    ids=str,
)
def test_criteria_and_orders_that_do_not_exist_are_refused(macie: Any, request_: dict[str, Any]) -> None:
    assert error_of(macie.describe_buckets, **request_)[:2] == ("ValidationException", 400)


def test_buckets_are_sorted_and_paged(macie: Any, stored: Any) -> None:
    sort = {"attributeName": "objectCount", "orderBy": "ASC"}
    found = pages(macie, "describe_buckets", "buckets", sortCriteria=sort, PaginationConfig={"PageSize": 1})
    assert [one["bucketName"] for part in found for one in part] == ["results", "bronze"]
    assert [len(part) for part in found] == [1, 1]


def test_statistics_add_the_buckets_up(macie: Any, stored: Any) -> None:
    found = macie.get_bucket_statistics(accountId=ACCOUNT)
    assert (found["bucketCount"], found["objectCount"], found["sizeInBytes"]) == (2, 5, 15)
    assert (found["classifiableObjectCount"], found["unclassifiableObjectCount"]["total"]) == (2, 3)
    assert found["bucketCountByEncryptionType"] == {"kmsManaged": 0, "s3Managed": 2, "unencrypted": 0, "unknown": 0}
    assert found["bucketCountByEffectivePermission"]["publiclyAccessible"] == 0
    assert found["bucketCountBySharedAccessType"]["notShared"] == 2
    assert error_of(macie.get_bucket_statistics, accountId=MEMBER)[:2] == ("ResourceNotFoundException", 404)


def test_an_administrator_sees_the_buckets_of_its_members(
    macie: Any, s3: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    client("s3", **other_account(MEMBER)).create_bucket(Bucket="theirs")
    assert [one["bucketName"] for one in macie.describe_buckets()["buckets"]] == ["bronze", "results"]
    macie.enable_organization_admin_account(adminAccountId=ACCOUNT)
    macie.create_member(account={"accountId": MEMBER, "email": "m@example.com"})
    assert [one["bucketName"] for one in macie.describe_buckets()["buckets"]] == ["bronze", "results", "theirs"]
    assert macie.get_bucket_statistics(accountId=MEMBER)["bucketCount"] == 1


def _term(key: str, comparator: str, *values: str) -> dict[str, Any]:
    return {"and": [{"simpleCriterion": {"comparator": comparator, "key": key, "values": list(values)}}]}


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({}, ["bronze", "results"]),
        ({"includes": _term("S3_BUCKET_NAME", "EQ", "bronze", "silver")}, ["bronze"]),
        ({"excludes": _term("S3_BUCKET_NAME", "EQ", "bronze")}, ["results"]),
        ({"includes": _term("S3_BUCKET_EFFECTIVE_PERMISSION", "NE", "PUBLIC")}, ["bronze", "results"]),
        ({"includes": _term("AUTOMATED_DISCOVERY_MONITORING_STATUS", "EQ", "MONITORED")}, []),
        (
            {
                "includes": {
                    "and": [{"tagCriterion": {"comparator": "EQ", "tagValues": [{"key": "zone", "value": "bronze"}]}}]
                }
            },
            ["bronze"],
        ),
    ],
    ids=str,
)
def test_resources_are_searched(macie: Any, s3: Any, criteria: dict[str, Any], names: list[str]) -> None:
    s3.put_bucket_tagging(Bucket="bronze", Tagging={"TagSet": [{"Key": "zone", "Value": "bronze"}]})
    found = macie.search_resources(
        bucketCriteria=criteria, sortCriteria={"attributeName": "RESOURCE_NAME", "orderBy": "ASC"}
    )["matchingResources"]
    assert [one["matchingBucket"]["bucketName"] for one in found] == names
