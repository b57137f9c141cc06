"""Listings of versions: all of them once, in S3's order, from wherever a page begins."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from localaws.server import LocalAws


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    """A client, and a versioned bucket in which `a`, `b` and `c` have three versions each, and `b` a marker."""
    client = boto3.client("s3")
    client.create_bucket(Bucket="versions")
    client.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    for number in range(3):
        for key in "abc":
            client.put_object(Bucket="versions", Key=key, Body=str(number).encode())
    client.delete_object(Bucket="versions", Key="b")
    return client


def listed(s3: Any, page_size: int = 1000, **request: Any) -> list[tuple[str, str]]:
    """Key and content of each version, or the word marker."""
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket="versions", PaginationConfig={"PageSize": page_size}, **request
    )
    found = []
    for page in pages:
        of_page = [(v["Key"], read(s3, v)) for v in page.get("Versions", ())]
        found += of_page + [(m["Key"], "marker") for m in page.get("DeleteMarkers", ())]
    return found


def read(s3: Any, version: dict[str, Any]) -> str:
    return s3.get_object(Bucket="versions", Key=version["Key"], VersionId=version["VersionId"])["Body"].read().decode()


EVERYTHING = sorted([(key, str(number)) for key in "abc" for number in range(3)] + [("b", "marker")])


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 1000])
def test_every_version_is_listed_once_whatever_the_size_of_a_page(s3: Any, page_size: int) -> None:
    assert sorted(listed(s3, page_size)) == EVERYTHING


def test_versions_of_a_key_come_from_the_latest_on(s3: Any) -> None:
    assert [content for key, content in listed(s3) if key == "a"] == ["2", "1", "0"]


@pytest.mark.parametrize(("marker", "keys"), [("", "abc"), ("a", "bc"), ("aa", "bc"), ("b", "c"), ("c", "")])
def test_listing_begins_with_the_first_key_after_a_marker(s3: Any, marker: str, keys: str) -> None:
    assert {key for key, _ in listed(s3, KeyMarker=marker)} == set(keys)


def test_only_the_latest_version_is_marked_as_the_latest(s3: Any) -> None:
    answer = s3.list_object_versions(Bucket="versions")
    latest = [(v["Key"], read(s3, v)) for v in answer["Versions"] if v["IsLatest"]]
    assert (latest, [m["IsLatest"] for m in answer["DeleteMarkers"]]) == ([("a", "2"), ("c", "2")], [True])
