"""S3 as Macie sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localaws.macie2.storage.s3 import BucketUnavailableError, ObjectUnavailableError, Storage

ACCOUNT = "123456789012"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", "us-east-1")
        client.create_bucket(Bucket="bronze")
        yield client


@pytest.fixture
def storage(s3: Any) -> Storage:
    return Storage({ACCOUNT, "111122223333"}, "us-east-1", "aws")


def test_an_object_is_described_and_read(s3: Any, storage: Storage) -> None:
    s3.put_object(
        Bucket="bronze", Key="b.csv", Body=b"b", Tagging="feed=x", ServerSideEncryption="aws:kms", SSEKMSKeyId="k"
    )
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"bytes")
    first, second = storage.iter_objects(storage.get_bucket(ACCOUNT, "bronze"))
    assert (first.key, first.size_bytes, first.version_id, first.storage_class) == ("a.csv", 5, "", "STANDARD")
    assert (second.key, second.tags, second.encryption.kms_key_id) == ("b.csv", {"feed": "x"}, "k")
    head = s3.head_object(Bucket="bronze", Key="a.csv")
    assert f'"{first.e_tag}"' == head["ETag"]
    assert first.last_modified_at.replace(microsecond=0) == head["LastModified"]
    latest, stream = storage.open_latest(first)
    assert (latest, stream.read()) == (first, b"bytes")


def test_an_object_is_unavailable_when_it_was_deleted(s3: Any, storage: Storage) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"a")
    [listed] = storage.iter_objects(storage.get_bucket(ACCOUNT, "bronze"))
    s3.delete_object(Bucket="bronze", Key="a.csv")
    with pytest.raises(ObjectUnavailableError):
        storage.open_latest(listed)
    s3.delete_bucket(Bucket="bronze")
    with pytest.raises(ObjectUnavailableError):
        storage.open_latest(listed)


@pytest.mark.parametrize(("account", "name"), [(ACCOUNT, "missing"), ("111122223333", "bronze")])
def test_a_bucket_is_unavailable_when_the_account_does_not_have_it(storage: Storage, account: str, name: str) -> None:
    with pytest.raises(BucketUnavailableError):
        storage.get_bucket(account, name)
    with pytest.raises(BucketUnavailableError):
        storage.put_object(account, "missing", "key", b"", "arn")


def test_the_reason_why_a_bucket_is_unavailable_is_named(s3: Any, storage: Storage) -> None:
    s3.create_bucket(Bucket="faraway", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    asked = [(ACCOUNT, "missing"), ("111122223333", "bronze"), (ACCOUNT, "faraway")]
    reasons = []
    for account, name in asked:
        with pytest.raises(BucketUnavailableError) as raised:
            storage.get_bucket(account, name)
        reasons.append(raised.value.why)
    assert reasons == ["BUCKET_DOES_NOT_EXIST", "BUCKET_OWNER_CHANGED", "BUCKET_IN_DIFFERENT_REGION"]


def test_a_bucket_is_public_from_its_policy_until_the_account_blocks_that(s3: Any, storage: Storage) -> None:
    assert storage.get_bucket(ACCOUNT, "bronze").effective_permission == "NOT_PUBLIC"
    s3.put_bucket_policy(
        Bucket="bronze",
        Policy=json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}}),
    )
    assert storage.get_bucket(ACCOUNT, "bronze").effective_permission == "PUBLIC"
    blocks = {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": True,
    }
    control = boto3.client("s3control", "us-east-1")
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=blocks)
    [bucket] = storage.list_buckets(ACCOUNT)
    assert bucket.effective_permission == "NOT_PUBLIC"


def test_a_bucket_cannot_be_listed_when_its_policy_denies_it_to_all_principals(s3: Any, storage: Storage) -> None:
    s3.put_bucket_policy(
        Bucket="bronze",
        Policy=json.dumps({"Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["s3:List*"]}]}),
    )
    with pytest.raises(BucketUnavailableError) as raised:
        list(storage.iter_objects(storage.get_bucket(ACCOUNT, "bronze")))
    assert raised.value.why == "BUCKET_ACCESS_DENIED"
