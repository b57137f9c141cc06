"""Reviewed files come back with the bytes that were reviewed, or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import boto3
import pytest

from lake_gate.delivery.held_objects import iter_held
from lake_gate.errors import ReviewedFileChangedError
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import Run
from lake_gate.moving.tags import SEAL_TAG
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.review.request import Request
from lake_gate.review.returning import Returned, give_back, take_back
from lake_gate.review.sessions import Releaser
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.meanwhile import KEY
from tests.lake_gate.moving.test_copying import put_in_parts
from tests.lake_gate.review.conftest import quarantine
from tests.lake_gate.review.requests import CONTENT, make_file, make_request


def returned(lake: Lake, *files: Any, s3: Any = None, client: Any = None) -> list[Returned]:
    request: Request = make_request(files=files)
    releaser = Releaser(lake.s3, lake.settings.releaser_role_arn, lake.quarantine, request.id)
    if client:
        releaser = _Given(client, releaser)  # type: ignore[assignment]
    return give_back(s3 or lake.s3, releaser, lake.bronze, request)


class _Given:
    """A releaser whose sessions are a client of the test."""

    def __init__(self, client: Any, releaser: Releaser) -> None:
        self.bucket = releaser.bucket
        self.client_for = lambda _file: client


def keys_held(lake: Lake) -> list[str]:
    return lake.keys(lake.bronze, "held/")


def test_files_come_back_below_the_request_and_stay_in_quarantine(lake: Lake) -> None:
    file = quarantine(lake, "2026/Zürich *.csv")
    (copy,) = returned(lake, file)
    assert copy.key == f"held/synthea/review-0123456789abcdef/{file.name}"
    assert lake.read(lake.bronze, copy.key, copy.version_id) == CONTENT
    assert lake.versions(lake.quarantine, file.key) == [file.version_id]
    (held,) = iter_held(lake.s3, lake.bronze, "synthea")
    assert (held.run_folder, held.name, held.reason) == ("review-0123456789abcdef", file.name, file.reason)


def test_retry_makes_no_second_copy(lake: Lake) -> None:
    file = quarantine(lake)
    assert returned(lake, file) == returned(lake, file)
    assert len(lake.versions(lake.bronze, "held/synthea/review-0123456789abcdef/organizations.csv")) == 1


def test_object_in_parts_comes_back_with_its_checksum(lake: Lake) -> None:
    landed: LandedObject = put_in_parts(lake)
    content = lake.read(lake.bronze, KEY)
    decision = decided(landed, "quarantine")
    (moved,) = carry_out(lake.s3, [decision], Run("synthea", "1"), Buckets(lake.bronze, lake.silver, lake.quarantine))
    facts = {
        "checksum": landed.checksum,
        "part_bytes": landed.part_bytes,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    file = make_file(landed.name, content, key=moved.key, version_id=moved.version_id, **facts)
    (copy,) = returned(lake, file)
    head = lake.s3.head_object(Bucket=lake.bronze, Key=copy.key, ChecksumMode="ENABLED")
    assert (head["ChecksumSHA256"], lake.read(lake.bronze, copy.key)) == (landed.checksum, content)


@pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"size_bytes": 1}, {"checksum": "AAAA"}])
def test_file_that_is_not_the_reviewed_one_is_not_given_back(lake: Lake, changes: dict[str, Any]) -> None:
    file = replace(quarantine(lake), **changes)
    with pytest.raises(ReviewedFileChangedError):
        returned(lake, file)
    assert keys_held(lake) == []


def test_other_bytes_under_a_forged_seal_are_not_given_back(lake: Lake) -> None:
    """A version whose tag says that it is the reviewed one, and whose id a damaged document names."""
    file = quarantine(lake)
    forged = lake.s3.put_object(
        Bucket=lake.quarantine, Key=file.key, Body=CONTENT.replace(b"1", b"2"), Tagging=f"{SEAL_TAG}={file.checksum}"
    )["VersionId"]
    with pytest.raises(ReviewedFileChangedError, match="its bytes are not those that were reviewed"):
        returned(lake, replace(file, version_id=forged))
    assert keys_held(lake) == []


@pytest.mark.parametrize("gone", ["the version", "the seal"])
def test_file_that_is_not_in_quarantine_any_more_is_not_given_back(lake: Lake, gone: str) -> None:
    file = quarantine(lake)
    version: Any = {"Bucket": lake.quarantine, "Key": file.key, "VersionId": file.version_id}
    if gone == "the version":
        lake.s3.delete_object(**version)
    else:
        lake.s3.delete_object_tagging(**version)
    with pytest.raises(ReviewedFileChangedError, match="not in quarantine any more"):
        returned(lake, file)


def test_object_of_another_writer_at_the_target_is_not_taken_for_the_file(lake: Lake) -> None:
    file = quarantine(lake)
    lake.put(lake.bronze, f"held/synthea/review-0123456789abcdef/{file.name}", b"other")
    with pytest.raises(ReviewedFileChangedError, match="another writer"):
        returned(lake, file)


def test_copies_are_taken_back_while_the_reviewed_version_is_in_quarantine(lake: Lake) -> None:
    file, other = quarantine(lake), quarantine(lake, "other.csv")
    request = make_request(files=(file, other))
    returned(lake, file, other)
    lake.put(lake.bronze, "held/synthea/2/organizations.csv", CONTENT)
    take_back(lake.s3, lake.bronze, lake.quarantine, request)
    take_back(lake.s3, lake.bronze, lake.quarantine, request)
    assert keys_held(lake) == ["held/synthea/2/organizations.csv"]
    assert lake.versions(lake.quarantine, file.key) == [file.version_id]


def test_last_copy_and_bytes_of_another_writer_are_not_taken_back(lake: Lake) -> None:
    file, other = quarantine(lake), quarantine(lake, "other.csv")
    returned(lake, file)
    lake.s3.delete_object(Bucket=lake.quarantine, Key=file.key, VersionId=file.version_id)
    lake.put(lake.bronze, "held/synthea/review-0123456789abcdef/other.csv", b"other")
    before = keys_held(lake)
    take_back(lake.s3, lake.bronze, lake.quarantine, make_request(files=(file, other)))
    assert keys_held(lake) == before
    assert len(before) == 2


def test_error_names_the_file_and_nothing_of_its_bytes(lake: Lake) -> None:
    file = replace(quarantine(lake), sha256="0" * 64)
    with pytest.raises(ReviewedFileChangedError) as caught:
        returned(lake, file, client=boto3.client("s3"))
    assert "organizations.csv" in str(caught.value)
    assert "Baystate" not in str(caught.value)
