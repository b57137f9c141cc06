"""Buckets and bucket policies of a template."""

from __future__ import annotations

import json

import pytest

from tests.localaws.cloudformation.conftest import BUCKETS, Client


@pytest.mark.parametrize("name", BUCKETS)
def test_bucket_is_versioned_closed_and_encrypted_when_the_template_is_deployed(
    client: Client, outputs: dict[str, str], name: str
) -> None:
    s3, bucket = client("s3"), outputs[name]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = {"QuarantineBucket": "QuarantineKeyArn", "AirflowBucket": None}.get(name, "KeyArn")  # no data in Airflow's
    by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": outputs[key]} if key else {"SSEAlgorithm": "AES256"}
    assert rule["ApplyServerSideEncryptionByDefault"] == by_key
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]


@pytest.mark.parametrize("name", ["BronzeBucket", "QuarantineBucket", "SourceBucket"])
def test_no_rule_ends_what_is_held_isolated_or_not_yet_taken(
    client: Client, outputs: dict[str, str], name: str
) -> None:
    rules = client("s3").get_bucket_lifecycle_configuration(Bucket=outputs[name])["Rules"]
    assert [set(rule) - {"ID", "Filter", "Status"} for rule in rules] == [{"AbortIncompleteMultipartUpload"}]


@pytest.mark.parametrize("name", BUCKETS)
def test_bucket_refuses_what_is_not_encrypted_on_its_way(client: Client, outputs: dict[str, str], name: str) -> None:
    policy = json.loads(client("s3").get_bucket_policy(Bucket=outputs[name])["Policy"])
    assert policy["Statement"][0] == {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{outputs[name]}", f"arn:aws:s3:::{outputs[name]}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
