"""Storing of the findings about some buckets, of all jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from macie.findings import MacieFindingsToS3Operator
from tests.macie.local_aws import Aws


@pytest.fixture
def found(ready_aws: Aws) -> list[str]:
    """Ids of three findings in the bronze bucket."""
    ready_aws.put_patients(3)
    identifier = ready_aws.macie.create_custom_data_identifier(
        name="Patient ID", regex="[0-9a-f]{8}-[0-9a-f]{4}", keywords=["patient"]
    )["customDataIdentifierId"]
    request: Any = ready_aws.job_request(customDataIdentifierIds=[identifier])
    job_id = ready_aws.macie.create_classification_job(**request)["jobId"]
    while ready_aws.macie.describe_classification_job(jobId=job_id)["jobStatus"] == "RUNNING":
        pass
    return ready_aws.macie.list_findings()["findingIds"]


def store(
    aws: Aws, context: Any, *, since_ms: int | str = 0, ids: str = "", buckets: Any = ("bronze",), transform: Any = None
) -> Any:
    aws.s3.put_object(Bucket="evidence", Key="ids.txt", Body=ids.encode())
    operator = MacieFindingsToS3Operator(
        task_id="t",
        affected_buckets=list(buckets),
        since_ms=since_ms,
        ids_key="ids.txt",
        bucket="evidence",
        key="findings.jsonl",
        transform=transform,
    )
    counts = operator.execute(context)
    lines = aws.s3.get_object(Bucket="evidence", Key="findings.jsonl")["Body"].read().splitlines()
    assert counts["findings"] == len(lines)
    return [json.loads(line) for line in lines], counts["unknown"]


FUTURE = 4_000_000_000_000


def test_findings_since_a_time_are_stored_as_macie_tells_them(
    ready_aws: Aws, context: dict[str, Any], found: list[str]
) -> None:
    stored, unknown = store(ready_aws, context)
    assert (sorted(finding["id"] for finding in stored), unknown) == (sorted(found), 0)
    found_in_macie = ready_aws.macie.get_findings(findingIds=[stored[0]["id"]])["findings"][0]
    assert (
        stored[0]["resourcesAffected"]["s3Object"]["versionId"]
        == found_in_macie["resourcesAffected"]["s3Object"]["versionId"]
    )
    assert store(ready_aws, context, since_ms=str(FUTURE)) == ([], 0)


def test_findings_that_are_named_are_stored_whatever_their_time_and_each_once(
    ready_aws: Aws, context: dict[str, Any], found: list[str]
) -> None:
    ids = "\n".join([found[0], found[0], "0" * 32])
    stored, unknown = store(ready_aws, context, since_ms=FUTURE, ids=ids)
    assert ([finding["id"] for finding in stored], unknown) == ([found[0]], 1)
    stored, _ = store(ready_aws, context, ids=ids)
    assert sorted(finding["id"] for finding in stored) == sorted(found)


def test_findings_elsewhere_and_samples_are_left_out(ready_aws: Aws, context: dict[str, Any], found: list[str]) -> None:
    assert store(ready_aws, context, ids=found[0], buckets=("evidence",)) == ([], 0)
    ready_aws.macie.create_sample_findings()
    pages = ready_aws.macie.get_paginator("list_findings").paginate()
    every = [finding_id for page in pages for finding_id in page["findingIds"]]
    assert len(every) > len(found)
    stored, _ = store(ready_aws, context, ids="\n".join(every))
    assert sorted(finding["id"] for finding in stored) == sorted(found)


def test_what_is_stored_of_a_finding_is_what_the_transform_returns(
    ready_aws: Aws, context: dict[str, Any], found: list[str]
) -> None:
    stored, unknown = store(
        ready_aws,
        context,
        ids="\n".join([found[0], "0" * 32]),
        transform=lambda finding: {"about": finding["resourcesAffected"]["s3Object"]["key"]},
    )
    assert sorted(record["about"] for record in stored) == ["run/000.csv", "run/001.csv", "run/002.csv"]
    assert {key for record in stored for key in record} == {"about"}
    assert unknown == 1
