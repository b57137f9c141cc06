"""The installation in the place of moto's S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.s3.models import S3Backend, s3_backends

from localaws.s3.install import install
from tests.localaws.s3.conftest import NOBODY_WINS, head_of, refusal_of, sha256_of, source_of


@pytest.fixture
def in_process() -> Iterator[Any]:
    install()
    install()
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket="bronze")
        yield s3


def test_conditions_and_checksums_hold_in_process_too(in_process: Any) -> None:
    in_process.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumAlgorithm="SHA256")
    assert head_of(in_process, "a.csv")["ChecksumType"] == "FULL_OBJECT"
    wanted = {"Key": "a.csv", "CopySource": source_of("a.csv"), "IfNoneMatch": "*", "MetadataDirective": "REPLACE"}
    assert refusal_of(in_process.copy_object, **wanted) == NOBODY_WINS


def test_buckets_stay_and_are_written_safely_when_they_were_made_before(in_process: Any) -> None:
    account = s3_backends["123456789012"]
    account.backend = account["aws"].__class__ = S3Backend  # as if moto had been used already
    install()
    in_process.put_object(Bucket="bronze", Key="a.csv", Body=b"1", ChecksumSHA256=sha256_of(b"1"))
    assert head_of(in_process, "a.csv")["ChecksumType"] == "FULL_OBJECT"
