"""Roles with policies, and clients with their credentials, in a local AWS that enforces permissions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from localaws.server import LocalAws
from tests.localaws.conftest import request

type Client = Callable[..., Any]
type AsRole = Callable[..., Client]

ROLE_ARN = "arn:aws:iam::123456789012:role/gate"
SESSION_ARN = "arn:aws:sts::123456789012:assumed-role/gate/run"
ANYONE_TRUSTED = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def keys_of(credentials: dict[str, str]) -> dict[str, str]:
    """Return the credentials of an answer of STS as boto3 takes them."""
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


@pytest.fixture
def enforced(aws: LocalAws) -> LocalAws:
    """The local AWS with IAM switched on; the next test's reset switches it off."""
    assert request(aws, "PUT", "/localaws/iam", {"enforced": True})[0] == 200
    return aws


@pytest.fixture
def as_role(enforced: LocalAws, client: Client) -> AsRole:
    """``as_role(allow("s3:GetObject"))("s3")``: a client of the role ``gate``, which may do that and nothing else."""

    def make(*statements: dict[str, Any], session_policy: str | None = None, **properties: Any) -> Client:
        iam = client("iam")
        iam.create_role(RoleName="gate", AssumeRolePolicyDocument=policy(ANYONE_TRUSTED), **properties)
        if statements:
            iam.put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=policy(*statements))
        given = {"Policy": session_policy} if session_policy else {}
        answer = client("sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName="run", **given)
        return lambda service, region="us-east-1": client(service, region, **keys_of(answer["Credentials"]))

    return make


@pytest.fixture
def asked(enforced: LocalAws) -> Callable[[], list[tuple[str, str, bool]]]:
    """What was asked so far: action, resource, and whether it was allowed."""

    def read() -> list[tuple[str, str, bool]]:
        decisions = request(enforced, "GET", "/localaws/iam")[1]["asked"]
        return [(item["action"], item["resource"], item["allowed"]) for item in decisions]

    return read


@pytest.fixture
def lake(enforced: LocalAws, client: Client) -> str:
    """The versioned buckets ``bronze`` and ``silver``, encrypted with a key; returns its ARN."""
    key: str = client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = client("s3")
    for bucket in ("bronze", "silver"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = [{"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": bucket == "silver"}]
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    return key


ARN = "arn:aws:s3:::"


ONE, TAGGED, UPLOAD = "bronze/run/one.csv", "bronze/run/tagged.csv", "bronze/run/large.csv"


@dataclass(frozen=True)
class Stored:
    """What is in the lake before a request."""

    key_arn: str
    etag: str
    version_id: str
    tagged_version_id: str
    upload_id: str
    part: dict[str, Any]


@pytest.fixture
def stored(lake: str, client: Client) -> Stored:
    s3 = client("s3")
    written = s3.put_object(Bucket="bronze", Key="run/one.csv", Body=b"1", ChecksumAlgorithm="SHA256")
    tagged = s3.put_object(Bucket="bronze", Key="run/tagged.csv", Body=b"2", Tagging="state=held")
    upload = {"Bucket": "bronze", "Key": "run/large.csv"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = s3.upload_part(**upload, PartNumber=1, Body=b"3")
    return Stored(
        lake,
        written["ETag"],
        written["VersionId"],
        tagged["VersionId"],
        upload["UploadId"],
        {"PartNumber": 1, "ETag": part["ETag"]},
    )


type Call = Callable[[Any, Stored], Any]


BRONZE = {"Bucket": "bronze", "Key": "run/one.csv"}


SILVER = {"Bucket": "silver", "Key": "run/one.csv"}
