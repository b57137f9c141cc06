"""The judge finds what is wrong: a good run, one thing broken afterwards, and the sentence that says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.by_hand import ByHand
from tests.faults.checker import Buckets, Expected, judge
from tests.faults.deliveries import CLEAN, FILES, HIGH, INTRUDER, PDF, SMALL
from tests.lake import Lake

pytestmark = pytest.mark.slow


@pytest.fixture
def run(lake: Lake, tmp_path: Path) -> ByHand:
    """A run that went well."""
    SMALL.write(tmp_path)
    run = ByHand(lake, tmp_path)
    run.go()
    return run


def problems(run: ByHand) -> list[str]:
    buckets = Buckets(run.lake.bronze, run.lake.silver, run.lake.quarantine)
    expected = Expected(SMALL.files, SMALL.expected, INTRUDER)
    return judge(run.lake.s3, buckets, expected, run.run.run_id).problems


def put(bucket: str, name: str, content: bytes) -> Callable[[ByHand], None]:
    """Return what puts an object below the run's prefix."""
    return lambda run: run.lake.s3.put_object(Bucket=getattr(run.lake, bucket), Key=run.run.prefix + name, Body=content)


def delete(bucket: str, key: Callable[[ByHand], str], *, blindly: bool = False) -> Callable[[ByHand], None]:
    """Return what deletes the latest version of an object, or hides it behind a delete marker."""

    def act(run: ByHand) -> None:
        place: dict[str, Any] = {"Bucket": getattr(run.lake, bucket), "Key": key(run)}
        version = {} if blindly else {"VersionId": run.lake.versions(place["Bucket"], place["Key"])[0]}
        run.lake.s3.delete_object(**place, **version)

    return act


def edit_record(**changes: Any) -> Callable[[ByHand], None]:
    """Return what changes the first line of objects.jsonl."""

    def act(run: ByHand) -> None:
        key = run.run.document("objects.jsonl")
        first, *others = run.lake.read(run.lake.bronze, key).splitlines(keepends=True)
        line = json.dumps({**json.loads(first), **changes}).encode() + b"\n"
        run.lake.s3.put_object(Bucket=run.lake.bronze, Key=key, Body=b"".join([line, *others]))

    return act


LINE = "_ledger/synthea/9999999998-0000000001.json"


def put_line(run: ByHand) -> None:
    """Write a line for the second time."""
    line = run.lake.read(run.lake.bronze, LINE)
    run.lake.s3.put_object(Bucket=run.lake.bronze, Key=LINE, Body=line)


def edit_marker(run: ByHand) -> None:
    marker = json.loads(run.lake.read(run.lake.silver, run.run.marker))
    marker["objects"].pop()
    run.lake.s3.put_object(Bucket=run.lake.silver, Key=run.run.marker, Body=json.dumps(marker).encode())


def test_nothing_is_wrong_with_a_good_run(run: ByHand) -> None:
    assert problems(run) == []


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (put("silver", CLEAN, INTRUDER), "LEAK: silver holds the intruder's bytes"),
        (put("silver", CLEAN, b"other"), "LEAK: silver holds bytes that nobody delivered"),
        (put("silver", HIGH, FILES[HIGH]), "LEAK: silver holds a value of High severity"),
        (put("silver", PDF, FILES[PDF]), "LEAK: silver holds notes.pdf, which Macie does not read"),
        (put("silver", "other.csv", FILES[CLEAN]), "LEAK: silver holds clean.csv under another name"),
        (put("silver", CLEAN, FILES[CLEAN]), "DOUBLED: clean.csv has 2 versions in silver"),
        (put("bronze", HIGH, FILES[HIGH]), "high.csv (quarantine) is in bronze, quarantine"),
        (put("bronze", CLEAN, INTRUDER), "the intruder's bytes are at"),
        (delete("quarantine", lambda run: run.run.prefix + HIGH), "LOSS: high.csv is nowhere"),
        (delete("silver", lambda run: run.run.prefix + CLEAN), "clean.csv (promote) is in bronze"),
        (delete("silver", lambda run: run.run.prefix + CLEAN, blindly=True), "has a delete marker"),
        (delete("silver", lambda run: run.run.marker), "there is no marker in silver"),
        (delete("bronze", lambda run: run.run.document("record.json")), "there is no record of the run"),
        (edit_marker, "the marker lists 2 objects, which are not the 3"),
        (put_line, "line 2 of the ledger does not follow the line before"),
        (delete("bronze", lambda run: LINE), "the record of the run has no line in the ledger"),
        (edit_record(outcome="hold"), "was to be promote, the record says hold"),
        (edit_record(sha256="00"), "the record's size or SHA-256"),
        (edit_record(reason=None), "no outcome or no reason"),
        (edit_record(name="other.csv"), "the record lists"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said(run: ByHand, harm: Callable[[ByHand], None], sentence: str) -> None:
    harm(run)
    assert any(sentence in problem for problem in problems(run)), problems(run)
