"""What a job reads, judged from its request."""

from __future__ import annotations

import gzip
import json
from typing import Any

import boto3
import pytest

from lake_gate.scan import scope
from tests.builders import landed
from tests.conftest import REPO
from tests.lake import Lake
from tests.localaws.waiting import until

PREFIX = "synthea/1/"
BELOW = {"simpleScopeTerm": {"comparator": "STARTS_WITH", "key": "OBJECT_KEY", "values": [PREFIX]}}


def term(key: str, comparator: str, *values: str) -> dict[str, Any]:
    return {"simpleScopeTerm": {"comparator": comparator, "key": key, "values": list(values)}}


def request(
    includes: list[Any] | None = None, excludes: list[Any] | None = None, buckets: tuple[str, ...] = ("bronze",)
) -> dict[str, Any]:
    scoping = {"includes": {"and": includes or []}, "excludes": {"and": excludes or []}}
    return {
        "name": "n",
        "s3JobDefinition": {
            "bucketDefinitions": [{"accountId": "1", "buckets": list(buckets)}],
            "scoping": {name: block for name, block in scoping.items() if block["and"]},
        },
    }


CSV, PDF = term("OBJECT_EXTENSION", "EQ", "csv", "tsv"), term("OBJECT_EXTENSION", "EQ", "pdf")
TAGGED = {"tagScopeTerm": {"comparator": "EQ", "key": "TAG", "tagValues": [{"key": "k", "value": ""}]}}
LATE = term("OBJECT_LAST_MODIFIED_DATE", "GT", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("name", "includes", "excludes", "is_read"),
    [
        ("a.csv", [], [], True),
        ("a.csv", [CSV], [], True),
        ("a.CSV", [CSV], [], False),
        ("a", [CSV], [], False),
        (".csv", [CSV], [], False),
        ("x.csv/a", [CSV], [], False),
        ("a.tsv", [CSV], [], True),
        ("a.csv", [term("OBJECT_EXTENSION", "NE", "csv", "tsv")], [], False),
        ("a.pdf", [term("OBJECT_EXTENSION", "NE", "csv", "tsv")], [], True),
        ("a.csv", [CSV, BELOW], [], True),
        ("a.csv", [CSV, term("OBJECT_KEY", "STARTS_WITH", "synthea/2/")], [], False),
        ("a.csv", [term("OBJECT_KEY", "STARTS_WITH", "synthea/2/", PREFIX)], [], True),
        ("a.csv", [CSV, PDF], [], False),
        ("a.csv", [CSV], [term("OBJECT_KEY", "STARTS_WITH", f"{PREFIX}a")], False),
        ("a.csv", [CSV], [PDF], True),
        ("a.csv", [CSV], [term("OBJECT_KEY", "STARTS_WITH", f"{PREFIX}a"), PDF], True),
        ("a.csv", [TAGGED], [], True),
        ("a.csv", [], [TAGGED], True),
        ("a.csv", [], [CSV, TAGGED], True),
        ("a.csv", [LATE], [LATE], True),
        ("a.csv", [TAGGED, PDF], [], False),
        ("a.csv", [term("OBJECT_COLOUR", "EQ", "blue")], [], True),
        ("a.csv", [{}], [], True),
    ],
)
def test_object_is_read_when_every_include_holds_and_not_every_exclude_does(
    name: str, includes: list[Any], excludes: list[Any], is_read: bool
) -> None:
    assert scope.may_read(request(includes, excludes), landed(name)) is is_read


@pytest.mark.parametrize(
    ("comparator", "value", "is_read"),
    [
        *(("EQ", "1000", True), ("EQ", "999", False), ("NE", "1000", False), ("NE", "1", True)),
        *(("GT", "999", True), ("GT", "1000", False), ("GTE", "1000", True), ("GTE", "1001", False)),
        *(("LT", "1001", True), ("LT", "1000", False), ("LTE", "1000", True), ("LTE", "999", False)),
        *(("LT", "many", True), ("LIKE", "1", True)),
    ],
)
def test_size_is_compared_in_bytes(comparator: str, value: str, is_read: bool) -> None:
    assert scope.may_read(request([term("OBJECT_SIZE", comparator, value)]), landed()) is is_read


def test_size_of_an_archive_says_nothing_as_the_files_inside_are_compared() -> None:
    small = request([term("OBJECT_SIZE", "LT", "10")])
    assert (scope.may_read(small, landed("a.zip")), scope.may_read(small, landed("a.csv"))) == (True, False)


@pytest.mark.parametrize(
    ("asked", "is_confined"),
    [
        (request([CSV, BELOW]), True),
        (request([term("OBJECT_KEY", "STARTS_WITH", f"{PREFIX}claims/", f"{PREFIX}a")]), True),
        (request([CSV]), False),
        (request(), False),
        (request([], [BELOW]), False),
        (request([term("OBJECT_KEY", "STARTS_WITH", PREFIX, "synthea/")]), False),
        (request([BELOW], buckets=("bronze", "silver")), False),
        (request([BELOW], buckets=()), False),
        ({"s3JobDefinition": {"bucketCriteria": {}, "scoping": {"includes": {"and": [BELOW]}}}}, False),
        ({}, False),
    ],
)
def test_job_is_confined_when_every_key_it_may_read_lies_below_the_run(
    asked: dict[str, Any], is_confined: bool
) -> None:
    assert scope.is_confined(asked, "bronze", PREFIX) is is_confined


def test_objects_with_the_tag_are_left_out_and_all_else_stays() -> None:
    asked = request([CSV, BELOW])
    left_out = scope.without_reused(asked)
    (excluded,) = left_out["s3JobDefinition"]["scoping"].pop("excludes")["and"]
    assert excluded["tagScopeTerm"]["tagValues"] == [{"key": "lake_gate_verdict", "value": "reused"}]
    assert left_out == asked


def test_excludes_are_not_mixed_as_macie_joins_them_with_and() -> None:
    with pytest.raises(ValueError, match="has excludes"):
        scope.without_reused(request([BELOW], [PDF]))


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (request([BELOW]), ""),
        (request([BELOW], [PDF]), "has excludes already, and Macie leaves out only objects that match all"),
        ({**request([BELOW]), "allowListIds": ["Known"]}, "allow lists"),
        ({**request([BELOW]), "allowListIds": []}, ""),
    ],
)
def test_specs_whose_objects_cannot_be_left_out_say_why(spec: dict[str, Any], why: str) -> None:
    assert why in scope.reuse_obstacle(spec)
    assert bool(scope.reuse_obstacle(spec)) is bool(why)


@pytest.mark.parametrize(
    "path", sorted((REPO / "include/job_specs").glob("*one_time.json")), ids=lambda path: path.stem
)
def test_spec_that_ships_can_leave_objects_out(path: Any) -> None:
    assert scope.reuse_obstacle(json.loads(path.read_text())) == ""


def test_macie_leaves_out_what_carries_the_tag(lake: Lake) -> None:
    tag = f"{scope.REUSED_TAG}={scope.REUSED_VALUE}"
    for name, tags in (("tagged", tag), ("other", f"{scope.REUSED_TAG}=other"), ("plain", "")):
        lake.put(lake.bronze, f"{PREFIX}{name}.csv", b"A\n1\n", Tagging=tags)
    account = boto3.client("sts").get_caller_identity()["Account"]
    asked = scope.without_reused(request([CSV, BELOW], buckets=(lake.bronze,)))
    asked["s3JobDefinition"]["bucketDefinitions"][0]["accountId"] = account
    macie = boto3.client("macie2")
    job = macie.create_classification_job(jobType="ONE_TIME", managedDataIdentifierSelector="ALL", **asked)
    until(lambda: macie.describe_classification_job(jobId=job["jobId"])["jobStatus"] == "COMPLETE")
    results = macie.get_classification_export_configuration()["configuration"]["s3Destination"]["bucketName"]
    written = lake.s3.list_objects_v2(Bucket=results).get("Contents", [])
    scanned = {
        record["resourcesAffected"]["s3Object"]["key"]
        for one in written
        if one["Key"].endswith(".jsonl.gz")
        for record in map(json.loads, gzip.decompress(lake.read(results, one["Key"])).splitlines())
    }
    assert scanned == {f"{PREFIX}other.csv", f"{PREFIX}plain.csv"}
