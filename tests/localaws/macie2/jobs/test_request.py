"""Validation of CreateClassificationJob."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, error_of, job_request

BUCKETS = {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["bronze"]}]}


def scoped(**term: Any) -> dict[str, Any]:
    return {"s3JobDefinition": {**BUCKETS, "scoping": {"includes": {"and": [{"simpleScopeTerm": term}]}}}}


def _criteria(**criterion: Any) -> dict[str, Any]:
    return {"s3JobDefinition": {"bucketCriteria": {"includes": {"and": [criterion]}}}}


REFUSED: dict[str, dict[str, Any]] = {
    "empty name": {"name": ""},
    "long name": {"name": "n" * 501},
    "long description": {"description": "d" * 201},
    "sample of nothing": {"samplingPercentage": 0},
    "sample of more than all": {"samplingPercentage": 101},
    "schedule of a one-time job": {"scheduleFrequency": {"dailySchedule": {}}},
    "no schedule of a scheduled job": {"jobType": "SCHEDULED"},
    "two schedules": {
        "jobType": "SCHEDULED",
        "scheduleFrequency": {"dailySchedule": {}, "monthlySchedule": {"dayOfMonth": 1}},
    },
    "no such day": {"jobType": "SCHEDULED", "scheduleFrequency": {"monthlySchedule": {"dayOfMonth": 32}}},
    "week without a day": {"jobType": "SCHEDULED", "scheduleFrequency": {"weeklySchedule": {}}},
    "neither buckets nor criteria": {"s3JobDefinition": {}},
    "both buckets and criteria": {"s3JobDefinition": {**BUCKETS, "bucketCriteria": {}}},
    "empty buckets": {"s3JobDefinition": {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": []}]}},
    "too many buckets": {"s3JobDefinition": {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["b"] * 1001}]}},
    "INCLUDE of nothing": {"managedDataIdentifierSelector": "INCLUDE"},
    "EXCLUDE of nothing": {"managedDataIdentifierSelector": "EXCLUDE"},
    "ALL and some": {"managedDataIdentifierSelector": "ALL", "managedDataIdentifierIds": ["USA_PASSPORT_NUMBER"]},
    "default selector and some": {"managedDataIdentifierIds": ["USA_PASSPORT_NUMBER"]},
    "NONE at all": {"managedDataIdentifierSelector": "NONE"},
    "unknown identifier": {"managedDataIdentifierSelector": "INCLUDE", "managedDataIdentifierIds": ["SHOE_SIZE"]},
    "too many allow lists": {"allowListIds": ["one"] * 11},
    "too many custom identifiers": {"customDataIdentifierIds": ["one"] * 31},
    "extension greater than": scoped(key="OBJECT_EXTENSION", comparator="GT", values=["csv"]),
    "key equal to": scoped(key="OBJECT_KEY", comparator="EQ", values=["a"]),
    "two sizes": scoped(key="OBJECT_SIZE", comparator="GT", values=["1", "2"]),
    "size other than a number": scoped(key="OBJECT_SIZE", comparator="GT", values=["big"]),
    "invalid date": scoped(key="OBJECT_LAST_MODIFIED_DATE", comparator="GT", values=["yesterday"]),
    "term without values": scoped(key="OBJECT_EXTENSION", comparator="EQ", values=[]),
    "term without key": scoped(comparator="EQ", values=["csv"]),
    "empty term": {"s3JobDefinition": {**BUCKETS, "scoping": {"includes": {"and": [{}]}}}},
    "empty criterion": _criteria(),
    "criterion without key": _criteria(simpleCriterion={"comparator": "EQ", "values": ["1"]}),
    "account that starts with": _criteria(
        simpleCriterion={"key": "ACCOUNT_ID", "comparator": "STARTS_WITH", "values": ["1"]}
    ),
    "bucket that starts with": _criteria(
        simpleCriterion={"key": "S3_BUCKET_NAME", "comparator": "STARTS_WITH", "values": ["b"]}
    ),
    "unknown permission": _criteria(
        simpleCriterion={"key": "S3_BUCKET_EFFECTIVE_PERMISSION", "comparator": "EQ", "values": ["OPEN"]}
    ),
    "tag criterion without tags": _criteria(tagCriterion={"comparator": "EQ", "tagValues": []}),
    "tag criterion greater than": _criteria(
        tagCriterion={"comparator": "GT", "tagValues": [{"key": "a", "value": "b"}]}
    ),
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
def test_a_job_is_refused_when_it_breaks_a_documented_rule(macie: Any, changes: dict[str, Any]) -> None:
    assert error_of(macie.create_classification_job, **job_request(**changes))[:2] == ("ValidationException", 400)
    assert macie.list_classification_jobs()["items"] == []


def test_a_job_is_refused_when_an_allow_list_does_not_exist(macie: Any) -> None:
    error = error_of(macie.create_classification_job, **job_request(allowListIds=["missing"]))
    assert error[:2] == ("ResourceNotFoundException", 404)
