"""The objects and buckets in the scope of a job."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from localaws.macie2.jobs.scope import includes_bucket, includes_object
from localaws.macie2.storage.s3 import Encryption, S3Bucket, S3Object, extension

BUCKET = S3Bucket(
    account_id="123456789012",
    name="bronze",
    arn="arn:aws:s3:::bronze",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    owner_id="owner",
    tags={"stage": "raw"},
    encryption=Encryption(),
    public_access_block={},
)
OBJECT = S3Object(
    bucket=BUCKET,
    key="run/1/patients.csv",
    e_tag="etag",
    version_id="v1",
    size_bytes=100,
    last_modified_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    storage_class="STANDARD",
    encryption=Encryption(),
    tags={"feed": "synthea", "run": "1"},
)


def _simple(key: str, comparator: str, *values: str) -> dict[str, Any]:
    return {"simpleScopeTerm": {"key": key, "comparator": comparator, "values": list(values)}}


def _tag(comparator: str, *pairs: tuple[str, str]) -> dict[str, Any]:
    values = [{"key": key, "value": value} for key, value in pairs]
    return {"tagScopeTerm": {"key": "TAG", "comparator": comparator, "tagValues": values, "target": "S3_OBJECT"}}


@pytest.mark.parametrize(
    ("term", "holds"),
    [
        (_simple("OBJECT_EXTENSION", "EQ", "csv"), True),
        (_simple("OBJECT_EXTENSION", "EQ", "json", "csv"), True),
        (_simple("OBJECT_EXTENSION", "EQ", "CSV"), False),
        (_simple("OBJECT_EXTENSION", "NE", "csv", "json"), False),
        (_simple("OBJECT_EXTENSION", "NE", "json"), True),
        (_simple("OBJECT_KEY", "STARTS_WITH", "run/1/"), True),
        (_simple("OBJECT_KEY", "STARTS_WITH", "run/2/", "run/1"), True),
        (_simple("OBJECT_KEY", "STARTS_WITH", "Run/"), False),
        (_simple("OBJECT_SIZE", "GT", "99"), True),
        (_simple("OBJECT_SIZE", "GT", "100"), False),
        (_simple("OBJECT_SIZE", "GTE", "100"), True),
        (_simple("OBJECT_SIZE", "LT", "20"), False),
        (_simple("OBJECT_SIZE", "LTE", "100"), True),
        (_simple("OBJECT_LAST_MODIFIED_DATE", "GT", "2026-03-01T11:59:59Z"), True),
        (_simple("OBJECT_LAST_MODIFIED_DATE", "GTE", "2026-03-01T12:00:00Z"), True),
        (_simple("OBJECT_LAST_MODIFIED_DATE", "LT", "2026-03-01"), False),
        (_simple("OBJECT_LAST_MODIFIED_DATE", "NE", "2026-03-01T12:00:00Z"), False),
        (_tag("EQ", ("feed", "synthea")), True),
        (_tag("EQ", ("feed", "other"), ("run", "1")), True),
        (_tag("EQ", ("feed", "other")), False),
        (_tag("EQ", ("feed", "")), True),
        (_tag("NE", ("feed", "")), False),
        (_tag("NE", ("feed", "other")), True),
    ],
    ids=str,
)
def test_a_term_decides_by_what_the_object_is(term: dict[str, Any], holds: bool) -> None:
    assert includes_object({"includes": {"and": [term]}}, OBJECT) is holds
    assert includes_object({"excludes": {"and": [term]}}, OBJECT) is not holds


CSV, LARGE = _simple("OBJECT_EXTENSION", "EQ", "csv"), _simple("OBJECT_SIZE", "GT", "1000")


@pytest.mark.parametrize(
    ("scoping", "expected"),
    [
        ({}, True),
        ({"includes": {}}, True),
        ({"includes": {"and": [CSV, LARGE]}}, False),
        ({"excludes": {"and": [CSV, LARGE]}}, True),
        ({"includes": {"and": [CSV]}, "excludes": {"and": [CSV]}}, False),
        ({"includes": {"and": [CSV]}, "excludes": {"and": []}}, True),
    ],
    ids=str,
)
def test_terms_are_joined_by_and_and_excludes_win(scoping: dict[str, Any], expected: bool) -> None:
    assert includes_object(scoping, OBJECT) is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [("a/b.csv", "csv"), ("b.CSV", "CSV"), ("a.csv.gz", "gz"), ("a.d/b", ""), (".csv", ""), ("b.", ""), ("a.csv/", "")],
)
def test_the_extension_is_what_follows_the_last_dot_of_the_file_name(key: str, expected: str) -> None:
    assert extension(key) == expected


@pytest.mark.parametrize(
    ("criterion", "holds"),
    [
        ({"simpleCriterion": {"key": "S3_BUCKET_NAME", "comparator": "EQ", "values": ["silver", "bronze"]}}, True),
        ({"simpleCriterion": {"key": "S3_BUCKET_NAME", "comparator": "NE", "values": ["bronze"]}}, False),
        ({"simpleCriterion": {"key": "S3_BUCKET_NAME", "comparator": "EQ", "values": ["bro"]}}, False),
        (
            {"simpleCriterion": {"key": "S3_BUCKET_EFFECTIVE_PERMISSION", "comparator": "EQ", "values": ["PUBLIC"]}},
            False,
        ),
        (
            {"simpleCriterion": {"key": "S3_BUCKET_SHARED_ACCESS", "comparator": "NE", "values": ["EXTERNAL"]}},
            True,
        ),
        ({"simpleCriterion": {"key": "ACCOUNT_ID", "comparator": "EQ", "values": ["111122223333"]}}, False),
        ({"tagCriterion": {"comparator": "EQ", "tagValues": [{"key": "stage", "value": "raw"}]}}, True),
        ({"tagCriterion": {"comparator": "NE", "tagValues": [{"key": "stage", "value": "raw"}]}}, False),
    ],
    ids=str,
)
def test_a_criterion_decides_by_what_the_bucket_is(criterion: dict[str, Any], holds: bool) -> None:
    assert includes_bucket({"includes": {"and": [criterion]}}, BUCKET) is holds
