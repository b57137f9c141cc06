"""What is known of bytes: where they were landed, and what was found in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lake_gate.content import LandedAt, add_found, add_landed, exceeds_evidence, iter_landed, read_found
from lake_gate.model import jsonl
from lake_gate.model.evidence import Detection, Evidence, Observation
from lake_gate.model.run import MANIFEST, Run
from tests.builders import landed
from tests.lake import Lake
from tests.lake_gate.steps import RUN, write

SHA256 = "00" * 32
LOW = Observation(
    *("bronze", "k", "v", "e", "COMPLETE", None, "Low"), (Detection("NAME", 3, "PERSONAL_INFORMATION"),), finding_id="f"
)
HIGH = replace(LOW, severity="High")
MORE = replace(LOW, detections=(Detection("NAME", 4, "PERSONAL_INFORMATION"),))


def test_every_run_that_landed_the_bytes_is_found_by_them(lake: Lake) -> None:
    runs = [Run("synthea", "manual__2026-01-01T00:00:00+00:00"), Run("other", "1")]
    for run in runs:
        add_landed(lake.s3, lake.bronze, run, landed("folder/é.csv"))
        add_landed(lake.s3, lake.bronze, run, landed("folder/é.csv"))
    add_landed(lake.s3, lake.bronze, runs[0], landed(sha256="11" * 32))
    found = list(iter_landed(lake.s3, lake.bronze, SHA256))
    assert sorted(found, key=str) == sorted((LandedAt(run.feed, run.folder, "folder/é.csv") for run in runs), key=str)
    assert {one.run.prefix for one in found} == {run.prefix for run in runs}


@pytest.mark.parametrize("content", [b"", b"x", b"[]", b"{}", b'{"feed": "../x", "folder": "1", "name": "a"}'])
def test_what_others_put_there_is_not_a_landing(lake: Lake, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=f"_content/{SHA256}/landed/a/b/c.json", Body=content)
    assert list(iter_landed(lake.s3, lake.bronze, SHA256)) == []


OF_ANOTHER_RUN = b'{"feed": "synthea", "folder": "2", "name": "a.csv"}'


@pytest.mark.parametrize("damage", [b"", b"x", b"[]", b"{}", OF_ANOTHER_RUN])
def test_damaged_document_hides_no_landing(lake: Lake, damage: bytes) -> None:
    """Copies with the same bytes would stay in silver whatever is found in them."""
    manifest = [landed("a.csv"), landed("b.csv"), landed("c.csv", sha256="11" * 32)]
    write(lake, MANIFEST, jsonl.dump(manifest))
    for item in manifest[:2]:
        add_landed(lake.s3, lake.bronze, RUN, item)
    before = list(iter_landed(lake.s3, lake.bronze, SHA256))
    (key, *_) = [item["Key"] for item in lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_content/")["Contents"]]
    lake.s3.put_object(Bucket=lake.bronze, Key=key, Body=damage)
    assert list(iter_landed(lake.s3, lake.bronze, SHA256)) == before
    assert {place.name for place in before} == {"a.csv", "b.csv"}


def test_what_was_found_stays_and_is_kept_once(lake: Lake) -> None:
    add_found(lake.s3, lake.bronze, SHA256, [LOW])
    add_found(lake.s3, lake.bronze, SHA256, [replace(LOW, finding_id="g", version_id="v2"), HIGH])
    add_found(lake.s3, lake.bronze, SHA256, [replace(LOW, severity=None, detections=())])
    found = read_found(lake.s3, lake.bronze, SHA256)
    assert {(one.severity, one.finding_id, one.key) for one in found} == {("Low", "f", ""), ("High", "f", "")}
    assert read_found(lake.s3, lake.bronze, "11" * 32) == ()


def test_columns_of_what_was_found_are_kept_and_a_further_one_is_new(lake: Lake) -> None:
    def located(*columns: tuple[int, int]) -> Observation:
        return replace(LOW, detections=(Detection("NAME", 3, "PERSONAL_INFORMATION", columns),))

    pending = [
        add_found(lake.s3, lake.bronze, SHA256, [found])
        for found in (LOW, located((1, 2)), located((1, 1)), located((3, 1)), LOW)
    ]
    assert [bool(version_id) for version_id in pending] == [True, True, False, True, False]
    (found,) = read_found(lake.s3, lake.bronze, SHA256)
    assert found.detections[0].columns == ((1, 2), (3, 1))


@pytest.mark.parametrize("content", [b"", b"x", b"[]", b"{}", b'{"schema": "lake-gate/content/1", "found": [{}]}'])
def test_damaged_document_counts_as_something_of_unknown_severity(lake: Lake, content: bytes) -> None:
    lake.s3.put_object(Bucket=lake.bronze, Key=f"_content/{SHA256}/found.json", Body=content)
    (found,) = read_found(lake.s3, lake.bronze, SHA256)
    assert found.severity == "unknown"
    add_found(lake.s3, lake.bronze, SHA256, [HIGH])
    assert {one.severity for one in read_found(lake.s3, lake.bronze, SHA256)} == {"unknown", "High"}


@pytest.mark.parametrize(
    ("found", "more"),
    [((), False), ((LOW,), False), ((HIGH,), True), ((MORE,), True), ((LOW, replace(LOW, severity="New")), True)],
)
def test_says_more_than_the_evidence(found: Any, more: bool) -> None:
    assert exceeds_evidence(found, Evidence((LOW,), ())) is more
    assert exceeds_evidence(found, Evidence()) is bool(found)
