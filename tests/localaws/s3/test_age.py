"""Time passes for what lies in a bucket when the local AWS is told so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localaws.server import LocalAws
from tests.localaws.conftest import request

PATH = "/localaws/s3/age"


def dates(s3: Any, bucket: str) -> set[datetime]:
    listed = s3.list_object_versions(Bucket=bucket)
    return {version["LastModified"] for version in listed.get("Versions", []) + listed.get("DeleteMarkers", [])}


def test_all_versions_of_one_bucket_become_older(aws: LocalAws, s3: Any) -> None:
    for bucket in ("bronze", "results"):
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.put_object(Bucket="bronze", Key="a", Body=b"2")
    s3.delete_object(Bucket="bronze", Key="a")
    before = {bucket: dates(s3, bucket) for bucket in ("bronze", "results")}
    assert request(aws, "POST", PATH, {"bucket": "bronze", "seconds": 86400}) == (200, {"versions": 3})
    assert dates(s3, "bronze") == {date - timedelta(days=1) for date in before["bronze"]}
    assert dates(s3, "results") == before["results"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"bucket": "missing", "seconds": 1}, "there is no bucket missing"),
        ({"bucket": "bronze", "seconds": 0}, "a number above 0"),
        ({"bucket": "bronze", "seconds": "1"}, "a number above 0"),
        ({"bucket": "bronze", "seconds": 1e300}, "large"),
        ({"bucket": ["bronze"], "seconds": 1}, "unhashable"),
        ({"bucket": "bronze"}, "seconds"),
        ([], "mapping"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused(aws: LocalAws, s3: Any, content: object, message: str) -> None:
    s3.put_object(Bucket="bronze", Key="a", Body=b"1")
    status, answer = request(aws, "POST", PATH, content)
    assert status == 400
    assert message in answer["message"]
    assert all(datetime.now(UTC) - date < timedelta(hours=1) for date in dates(s3, "bronze"))


def test_age_is_not_read(aws: LocalAws) -> None:
    assert request(aws, "GET", PATH)[0] == 405
