"""The judge: looks at every version in every bucket and says which promise was broken.

It shares nothing with what it judges: plain boto3, a detector of its own, and the layout that the README states. What
it returns are sentences; none means that all promises held.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FEED = "synthea"
_HIGH = (
    re.compile(rb"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b"),  # social security number
    re.compile(rb"\b[SX]\d{8}\b"),  # Synthea's driving licences, S99999999
    re.compile(rb"\bX\d{8}X\b"),  # and passports
)
"""What must never be in silver, told by its form alone."""


@dataclass(frozen=True)
class Version:
    """One version of one object."""

    bucket: str
    key: str
    version_id: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def place(self) -> tuple[str, str, str]:
        return self.bucket, self.key, self.version_id


@dataclass(frozen=True)
class Buckets:
    """The buckets of the lake by their names in AWS."""

    bronze: str
    silver: str
    quarantine: str


@dataclass(frozen=True)
class Expected:
    """What a run was given.

    :param files: the delivery by name.
    :param outcomes: where each file goes when nothing happens to it.
    :param overwritten: names over whose landed objects somebody wrote ``intruder``.
    """

    files: Mapping[str, bytes]
    outcomes: Mapping[str, str]
    intruder: bytes = b""
    overwritten: frozenset[str] = frozenset()

    def masked(self, key: str) -> bytes | None:
        """Return the original whose masked copy belongs to a key of silver; None if no copy does."""
        name = key.rpartition("/")[2]
        return self.files[name] if self.outcomes.get(name) == "mask" else None


def is_high(content: bytes) -> bool:
    """Say whether the content must not be in silver."""
    return any(form.search(content) for form in _HIGH)


@dataclass(frozen=True)
class Verdict:
    """What the judge has found.

    :param problems: broken promises; none: all held.
    :param outcomes: of each file, as the record says.
    """

    problems: list[str]
    outcomes: dict[str, str]


def judge(s3: Any, buckets: Buckets, expected: Expected, run_id: str, *, refused: int = 0) -> Verdict:
    """Look at the lake after a run that has ended well.

    :param refused: number of runs over the same delivery that ended with "start a new run", and have no record.
    """
    lake = _Lake(s3, buckets)
    problems = [*lake.problems, *_leaks(lake, expected)]
    folder = lake.folder_of(run_id)
    if folder is None:
        return Verdict([*problems, f"there is no record of the run {run_id}"], {})
    others = lake.landed_folders() - lake.recorded_folders()
    if len(others) != refused:
        problems.append(f"{len(others)} runs have landed something and recorded nothing, {refused} expected")
    for other in sorted(others):
        problems += _refused(lake, expected, other)
    # What was overwritten before a run was refused is no matter to the next one, which has landed it anew.
    problems += _losses(lake, expected, folder, frozenset() if refused else expected.overwritten)
    problems += _intruder(lake, expected)
    problems += _record(lake, expected, folder)
    problems += _marker(lake, folder)
    problems += _ledger(lake, folder)
    return Verdict(problems, _outcomes(lake, folder))


class _Lake:
    """All that is in the buckets."""

    def __init__(self, s3: Any, buckets: Buckets) -> None:
        self.buckets = buckets
        self.versions: list[Version] = []
        self.problems: list[str] = []
        for bucket in s3.list_buckets()["Buckets"]:
            self._read(s3, bucket["Name"])
        self.at = {version.place: version for version in self.versions}

    def _read(self, s3: Any, bucket: str) -> None:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for found in page.get("Versions", ()):
                key, version_id = found["Key"], found["VersionId"]
                content = s3.get_object(Bucket=bucket, Key=key, VersionId=version_id)["Body"].read()
                self.versions.append(Version(bucket, key, version_id, content))
            for marker in page.get("DeleteMarkers", ()):
                self.problems.append(f"{bucket} has a delete marker at {marker['Key']}: something was deleted blindly")

    def of(self, bucket: str, prefix: str = "") -> list[Version]:
        return [one for one in self.versions if one.bucket == bucket and one.key.startswith(prefix)]

    def document(self, bucket: str, key: str) -> bytes | None:
        """Return the latest content of a key; versions are listed latest first."""
        return next((one.content for one in self.of(bucket) if one.key == key), None)

    def folder_of(self, run_id: str) -> str | None:
        """Return the folder of the run, by what its record says."""
        for one in self.of(self.buckets.bronze, f"_runs/{FEED}/"):
            if one.key.endswith("/record.json") and json.loads(one.content)["run"]["run_id"] == run_id:
                return one.key.split("/")[2]
        return None

    def recorded_folders(self) -> set[str]:
        records = self.of(self.buckets.bronze, f"_runs/{FEED}/")
        return {one.key.split("/")[2] for one in records if one.key.endswith("/record.json")}

    def landed_folders(self) -> set[str]:
        return {one.key.split("/")[1] for one in self.of(self.buckets.bronze, f"{FEED}/")}

    def places_of(self, content: bytes, folder: str) -> dict[str, list[Version]]:
        """Return where these bytes are below a run's folder, by the name of the place."""
        bronze, silver, quarantine = self.buckets.bronze, self.buckets.silver, self.buckets.quarantine
        places = {
            "silver": (silver, f"{FEED}/{folder}/"),
            "quarantine": (quarantine, f"{FEED}/{folder}/"),
            "bronze": (bronze, f"{FEED}/{folder}/"),
            "held": (bronze, f"held/{FEED}/{folder}/"),
        }
        found = {name: [v for v in self.of(*place) if v.content == content] for name, place in places.items()}
        return {name: versions for name, versions in found.items() if versions}


def _leaks(lake: _Lake, expected: Expected) -> Iterator[str]:
    names = {content: name for name, content in expected.files.items()}
    for one in lake.of(lake.buckets.silver):
        if one.key.startswith("_runs/"):
            continue
        name = names.get(one.content)
        if one.content == expected.intruder:
            yield f"LEAK: silver holds the intruder's bytes at {one.key}"
        elif original := expected.masked(one.key):
            yield from _unmasked(one, original)
        elif name is None:
            yield f"LEAK: silver holds bytes that nobody delivered at {one.key}"
        elif not one.key.endswith(f"/{name}"):
            yield f"LEAK: silver holds {name} under another name: {one.key}"
        elif not name.endswith(".csv"):
            yield f"LEAK: silver holds {name}, which Macie does not read"
        if is_high(one.content):
            yield f"LEAK: silver holds a value of High severity at {one.key}"


def _unmasked(copy: Version, original: bytes) -> Iterator[str]:
    """Say what a masked copy still has of its original: all values that are masked in the deliveries have 8 signs."""
    if copy.content.count(b"\n") != original.count(b"\n"):
        yield f"LOSS: the masked copy {copy.key} has other rows than its original"
    for value in re.findall(rb"[\w-]{8,}", original.partition(b"\n")[2]):
        if value in copy.content:
            yield f"LEAK: a value of the original is in its masked copy {copy.key}"


_PLACES = {
    "promote": {"silver", "bronze"},
    "quarantine": {"quarantine"},
    "mask": {"quarantine"},
    "hold": {"held"},
}


def _losses(lake: _Lake, expected: Expected, folder: str, overwritten: frozenset[str]) -> Iterator[str]:
    outcomes = _outcomes(lake, folder)
    for name, content in expected.files.items():
        outcome = outcomes.get(name)
        allowed = {expected.outcomes[name]} | ({"hold"} if name in overwritten else set())
        if outcome not in allowed:
            yield f"{name} was to be {' or '.join(sorted(allowed))}, the record says {outcome}"
        found = lake.places_of(content, folder)
        if not found:
            yield f"LOSS: {name} is nowhere"
        elif found.keys() != _PLACES.get(outcome or "", set()):
            yield f"{name} ({outcome}) is in {', '.join(sorted(found))}"
        copies = lake.of(lake.buckets.silver, f"{FEED}/{folder}/{name}")
        if outcome == "mask" and len(copies) != 1:
            yield f"{name} has {len(copies)} masked copies in silver"
        for place, versions in found.items():
            if len(versions) > 1:
                yield f"DOUBLED: {name} has {len(versions)} versions in {place}"
            if any(not version.key.endswith(f"/{folder}/{name}") for version in versions):
                yield f"{name} lies in {place} under another name"


def _refused(lake: _Lake, expected: Expected, folder: str) -> Iterator[str]:
    """A run that was refused leaves all that it landed in bronze."""
    landed = {one.content for one in lake.of(lake.buckets.bronze, f"{FEED}/{folder}/")}
    for content in landed - {*expected.files.values(), expected.intruder}:
        yield f"the refused run {folder} landed {len(content)} bytes that nobody delivered"
    for bucket in (lake.buckets.silver, lake.buckets.quarantine):
        for one in lake.of(bucket, f"{FEED}/{folder}/"):
            yield f"the refused run {folder} has moved {one.key} to {bucket}"


def _intruder(lake: _Lake, expected: Expected) -> Iterator[str]:
    """What somebody put over a landed object is theirs: it stays where they put it."""
    found = [one for one in lake.versions if expected.intruder and one.content == expected.intruder]
    places = [(one.bucket, one.key.rpartition("/")[2], one.key.split("/")[0]) for one in found]
    wanted = [(lake.buckets.bronze, name, FEED) for name in sorted(expected.overwritten)]
    if sorted(places) != wanted:
        yield f"the intruder's bytes are at {[one.key for one in found]} instead of where they were put"


def _entries(lake: _Lake, folder: str) -> list[dict[str, Any]]:
    lines = lake.document(lake.buckets.bronze, f"_runs/{FEED}/{folder}/objects.jsonl") or b""
    return [json.loads(line) for line in lines.split(b"\n") if line]


def _outcomes(lake: _Lake, folder: str) -> dict[str, str]:
    return {entry["name"]: entry["outcome"] for entry in _entries(lake, folder)}


def _record(lake: _Lake, expected: Expected, folder: str) -> Iterator[str]:
    entries = _entries(lake, folder)
    summary = json.loads(lake.document(lake.buckets.bronze, f"_runs/{FEED}/{folder}/record.json") or b"{}")
    if sorted(entry["name"] for entry in entries) != sorted(expected.files):
        yield f"the record lists {sorted(entry['name'] for entry in entries)}"
    counted = Counter(entry["outcome"] for entry in entries)
    totals = summary["totals"]
    if summary["accounted"] is not True or (totals["objects"], totals["outcomes"]) != (len(expected.files), counted):
        yield f"the record's summary is wrong: accounted {summary['accounted']}, totals {totals}"
    for entry in entries:
        yield from _entry(lake, entry, expected.files.get(entry["name"], b""))


def _entry(lake: _Lake, entry: Mapping[str, Any], content: bytes) -> Iterator[str]:
    name, landed, now = entry["name"], entry["landed"], entry["now"] or {}
    if not entry["outcome"] or not entry["reason"]:
        yield f"the record gives {name} no outcome or no reason"
    if (entry["size_bytes"], entry["sha256"]) != (len(content), hashlib.sha256(content).hexdigest()):
        yield f"the record's size or SHA-256 of {name} is wrong"
    there = lake.at.get((now.get("bucket", ""), now.get("key", ""), now.get("version_id", "")))
    if there is None or there.content != content:
        yield f"the record says that {name} is at a version that {'is not there' if there is None else 'differs'}"
    bronze, silver, quarantine = lake.buckets.bronze, lake.buckets.silver, lake.buckets.quarantine
    bucket = {"promote": silver, "quarantine": quarantine, "mask": quarantine, "hold": bronze}.get(entry["outcome"])
    if now.get("bucket") != bucket:
        yield f"the record says that {name} ({entry['outcome']}) is in {now.get('bucket')}"
    if entry["outcome"] == "mask":
        copy = entry["masked"]["now"] or {}
        if (copy.get("bucket"), copy.get("key", "").endswith(f"/{name}")) != (silver, True):
            yield f"the record does not say where in silver the masked copy of {name} is"
    stays = entry["outcome"] == "promote"
    if ((landed["bucket"], landed["key"], landed["version_id"]) in lake.at) != stays:
        yield f"the landed version of {name} ({entry['outcome']}) is {'gone' if stays else 'still'} in bronze"


def _marker(lake: _Lake, folder: str) -> Iterator[str]:
    """The marker in silver lists exactly what the run has put there."""
    content = lake.document(lake.buckets.silver, f"_runs/{FEED}/{folder}.json")
    if content is None:
        yield "there is no marker in silver"
        return
    fields = ("key", "version_id", "size_bytes", "sha256")
    listed = sorted(tuple(item[field] for field in fields) for item in json.loads(content)["objects"])
    there = lake.of(lake.buckets.silver, f"{FEED}/{folder}/")
    if listed != sorted((one.key, one.version_id, len(one.content), one.sha256) for one in there):
        yield f"the marker lists {len(listed)} objects, which are not the {len(there)} of the run in silver"


def _ledger(lake: _Lake, folder: str) -> Iterator[str]:
    """The lines are a chain without a gap, each written once, and the run's record has one."""
    versions = sorted(lake.of(lake.buckets.bronze, f"_ledger/{FEED}/"), key=lambda one: one.key[-15:])
    before = "0" * 64
    for number, version in enumerate(versions, 1):
        line = json.loads(version.content)
        if (line["sequence"], line["previous"]) != (number, before):
            yield f"line {number} of the ledger does not follow the line before"
        before = version.sha256
    key = f"_runs/{FEED}/{folder}/record.json"
    record = next(one for one in lake.of(lake.buckets.bronze) if one.key == key)
    wanted = (f"s3://{lake.buckets.bronze}/{key}", record.version_id, record.sha256)
    lines = [json.loads(version.content) for version in versions]
    if wanted not in {(line["uri"], line["version_id"], line["sha256"]) for line in lines}:
        yield "the record of the run has no line in the ledger"
