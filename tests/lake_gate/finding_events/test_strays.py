"""Objects that no run has landed, described as in a manifest."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import boto3
import pytest

from lake_gate.finding_events import strays
from lake_gate.finding_events.strays import describe, sha256_in, undescribed
from lake_gate.s3 import multipart
from tests.lake import Lake

MIB = 1024**2


def test_object_is_described_by_its_content_although_s3_shows_no_checksum(lake: Lake) -> None:
    for content in (b"", b"x", b"x" * (MIB + 1)):
        lake.s3.put_object(Bucket=lake.silver, Key="a b.csv", Body=content)
        head = lake.s3.head_object(Bucket=lake.silver, Key="a b.csv")
        landed = describe(lake.s3, lake.silver, "a b.csv", head)
        digest = hashlib.sha256(content)
        assert (landed.version_id, landed.size_bytes, landed.part_bytes) == (head["VersionId"], len(content), 0)
        assert (landed.sha256, landed.checksum) == (digest.hexdigest(), base64.b64encode(digest.digest()).decode())


@pytest.mark.parametrize("size", [1, 5 * MIB, 5 * MIB + 1, 10 * MIB])
def test_checksum_of_a_large_object_is_that_of_a_copy_in_parts(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(strays, "part_bytes_of", lambda _: 5 * MIB)
    (tmp_path / "large").write_bytes(bytes(size))
    boto3.client("s3").upload_file(str(tmp_path / "large"), lake.silver, "large")
    landed = describe(lake.s3, lake.silver, "large", lake.s3.head_object(Bucket=lake.silver, Key="large"))
    with (tmp_path / "large").open("rb") as body:
        assert landed.checksum == multipart.checksum_of(body, 5 * MIB)
    assert landed.part_bytes == 5 * MIB


def test_checksum_of_the_whole_content_is_known_without_reading_it_and_one_of_parts_is_not(lake: Lake) -> None:
    lake.put(lake.silver, "a.csv", b"x")
    head = lake.s3.head_object(Bucket=lake.silver, Key="a.csv", ChecksumMode="ENABLED")
    assert sha256_in(head) == hashlib.sha256(b"x").hexdigest()
    assert sha256_in({**head, "ChecksumSHA256": head["ChecksumSHA256"] + "-2"}) == ""
    assert sha256_in({"ContentLength": 1}) == ""
    known = undescribed(lake.silver, "a.csv", head)
    assert (known.version_id, known.size_bytes, known.sha256) == (head["VersionId"], 1, "")
