"""A member account, pages of a listing, and buckets with objects of all sorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import KMS_KEY, await_findings

MEMBER = "111122223333"


@pytest.fixture
def member(client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]) -> Any:
    """Macie of the account ``MEMBER``, enabled."""
    made = client("macie2", **other_account(MEMBER))
    made.enable_macie()
    return made


def pages(client: Any, operation: str, key: str, **parameters: Any) -> list[list[Any]]:
    """Return what each page of a listing has."""
    return [part[key] for part in client.get_paginator(operation).paginate(**parameters)]


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


def described_bucket(macie: Any, name: str = "bronze") -> dict[str, Any]:
    [found] = macie.describe_buckets(criteria={"bucketName": {"eq": [name]}})["buckets"]
    return dict(found)


SSN = b"ssn\n219-09-9998\n"


@pytest.fixture
def discovered(macie: Any, s3: Any) -> Any:
    """Macie whose automated discovery has sampled ``bronze``: a clean and a sensitive object."""
    s3.put_object(Bucket="bronze", Key="clean.csv", Body=b"a\n1\n")
    s3.put_object(Bucket="bronze", Key="people/ssn.csv", Body=SSN)
    macie.update_automated_discovery_configuration(status="ENABLED")
    await_findings(macie, 1)
    return macie
