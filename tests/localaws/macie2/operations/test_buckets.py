"""The inventory of buckets through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, error_of
from tests.localaws.macie2.conftest import MEMBER, pages


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
    assert [bucket["bucketName"] for bucket in macie.describe_buckets(criteria=criteria)["buckets"]] == names


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
    assert [item["bucketName"] for part in found for item in part] == ["results", "bronze"]
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
    assert [bucket["bucketName"] for bucket in macie.describe_buckets()["buckets"]] == ["bronze", "results"]
    macie.enable_organization_admin_account(adminAccountId=ACCOUNT)
    macie.create_member(account={"accountId": MEMBER, "email": "m@example.com"})
    assert [bucket["bucketName"] for bucket in macie.describe_buckets()["buckets"]] == ["bronze", "results", "theirs"]
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
    assert [item["matchingBucket"]["bucketName"] for item in found] == names
