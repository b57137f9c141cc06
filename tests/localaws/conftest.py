"""Clients of the local AWS and buckets to classify, for the tests of the local AWS itself."""

from __future__ import annotations

import gzip
import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config

from localaws.server import LocalAws
from tests.localaws.model_check import check_answers
from tests.localaws.waiting import until

REGION = "us-east-1"
ACCOUNT = "123456789012"
KMS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0f1e2d3c"
OVER = ("COMPLETE", "CANCELLED")


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One session for all clients: it keeps the models that botocore has read."""
    return boto3.Session()


def request(aws: LocalAws, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Send JSON to the server itself; returns the status and the JSON of the answer."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"{aws.endpoint_url}{path}", data, method=method)
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or "null")


@pytest.fixture
def client(aws: LocalAws, session: boto3.Session) -> Iterator[Callable[..., Any]]:
    """``client("s3")``, also of another Region or with the credentials of another account."""
    clients = []

    def make(service: str, region: str = REGION, **credentials: str) -> Any:
        keys: dict[str, Any] = credentials or {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        made = session.client(
            cast(Any, service),
            endpoint_url=aws.endpoint_url,
            region_name=region,
            config=Config(retries={"total_max_attempts": 1}),
            **keys,
        )
        clients.append(made)
        if service == "macie2":
            check_answers(made)
        return made

    yield make
    for made in clients:
        made.close()


@pytest.fixture
def other_account(client: Callable[..., Any]) -> Callable[[str], dict[str, str]]:
    """Credentials of another account, for ``client(service, **other_account(account_id))``."""

    def credentials(account_id: str) -> dict[str, str]:
        role = client("sts").assume_role(RoleArn=f"arn:aws:iam::{account_id}:role/test", RoleSessionName="test")
        return {
            "aws_access_key_id": role["Credentials"]["AccessKeyId"],
            "aws_secret_access_key": role["Credentials"]["SecretAccessKey"],
            "aws_session_token": role["Credentials"]["SessionToken"],
        }

    return credentials


@pytest.fixture
def turn(aws: LocalAws) -> Callable[..., None]:
    """Turn dials over HTTP: ``turn(job_held=True)``."""

    def put(**settings: Any) -> None:
        assert request(aws, "PUT", "/localaws/macie2/dials", settings)[0] == 200

    return put


@pytest.fixture
def s3(client: Callable[..., Any]) -> Any:
    """S3 with the versioned bucket ``bronze`` and the bucket ``results``."""
    made = client("s3")
    for bucket in ("bronze", "results"):
        made.create_bucket(Bucket=bucket)
    made.put_bucket_versioning(Bucket="bronze", VersioningConfiguration={"Status": "Enabled"})
    return made


@pytest.fixture
def disabled_macie(client: Callable[..., Any]) -> Any:
    return client("macie2")


@pytest.fixture
def macie(disabled_macie: Any, turn: Callable[..., None]) -> Any:
    """Macie, enabled, whose findings come at once."""
    turn(findings_lag_seconds=0)
    disabled_macie.enable_macie()
    return disabled_macie


@pytest.fixture
def repository(macie: Any, s3: Any) -> None:
    """Discovery results go to ``s3://results/macie/``."""
    destination = {"bucketName": "results", "keyPrefix": "macie/", "kmsKeyArn": KMS_KEY}
    macie.put_classification_export_configuration(configuration={"s3Destination": destination})


def job_request(**changes: Any) -> dict[str, Any]:
    """A ONE_TIME job over the bucket ``bronze``; None takes a member out."""
    whole = {
        "clientToken": "token",
        "jobType": "ONE_TIME",
        "name": "job",
        "s3JobDefinition": {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["bronze"]}]},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def start(macie: Any, **changes: Any) -> str:
    return macie.create_classification_job(**job_request(**changes))["jobId"]


def await_job(macie: Any, job_id: str) -> dict[str, Any]:
    """Return the description of the job when it is over."""

    def over() -> dict[str, Any] | None:
        job = macie.describe_classification_job(jobId=job_id)
        return job if job["jobStatus"] in OVER else None

    return until(over, f"job {job_id} to be over")


def run_job(macie: Any, **changes: Any) -> str:
    """Run a job to its end; returns its id."""
    job_id = start(macie, **changes)
    assert await_job(macie, job_id)["jobStatus"] == "COMPLETE"
    return job_id


def await_findings(macie: Any, count: int) -> list[dict[str, Any]]:
    """Return all findings, in the order of their keys, as soon as there are that many."""
    ids = until(lambda: (found := macie.list_findings()["findingIds"])[: len(found) >= count and 50], "findings")
    assert len(ids) == count
    found = macie.get_findings(findingIds=ids)["findings"]
    return sorted(found, key=lambda item: item["resourcesAffected"]["s3Object"]["key"])


def read_results(s3: Any, bucket: str = "results") -> dict[str, dict[str, Any]]:
    """Return the discovery results by the key of the object that they are about."""
    results = {}
    for stored in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=stored["Key"])["Body"].read()
        [line] = gzip.decompress(body).decode().splitlines()
        record = json.loads(line)
        results[record["resourcesAffected"]["s3Object"]["key"]] = record
    return results


def error_of(call: Callable[..., Any], **parameters: Any) -> tuple[str, int, str]:
    """Return code, HTTP status and message of the error that the call must end in."""
    with pytest.raises(Exception, match=r".") as raised:
        call(**parameters)
    response = raised.value.response  # type: ignore[attr-defined]
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]
