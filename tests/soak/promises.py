"""What must be true of a lake whatever has happened in it, told by plain boto3 and what the world made Macie report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from lake_gate.ledger.audit import Audit
from lake_gate.ledger.stores import BucketStore
from tests.soak.world import GateRun, World

_RANKS = {"": 0, "Low": 1, "Medium": 2, "High": 3}


def problems(world: World) -> list[str]:
    """Return the broken promises, as sentences; none means that all hold."""
    recorded = {run.run.folder: run for run in world.runs if _document(world, run, "record.json")}
    return [
        *_leaks(world),
        *_losses(world),
        *_ledgers(world),
        *(problem for run in recorded.values() for problem in _disagreements(world, run)),
    ]


def _leaks(world: World) -> Iterator[str]:
    """Yield what is in silver although something that was reported in these bytes forbids it."""
    thresholds = {run.run.prefix: _RANKS[run.threshold] for run in world.runs if not run.is_refused}
    originals = _originals(world)
    for version in world.versions(world.lake.silver):
        content = world.content(world.lake.silver, version)
        if original := originals.get(version["Key"]):
            yield from _unmasked(world, version["Key"], content, original)
            continue
        worst = max((_RANKS[severity] for severity in world.reported.get(content, ())), default=0)
        threshold = next((rank for prefix, rank in thresholds.items() if version["Key"].startswith(prefix)), 3)
        if worst >= threshold:
            yield f"{version['Key']} {content!r} is in silver, and was reported as {world.reported[content]}"


def _ledgers(world: World) -> Iterator[str]:
    """Yield what the auditor's command finds."""
    store = BucketStore(world.lake.s3, world.lake.bronze)
    for feed in store.folders("_ledger/"):
        report = Audit(store, store, feed).run()
        assert report.lines
        for problem in (*report.problems, *report.unchecked):
            if not (world.has_unhealed and problem.endswith("has no line")):
                yield f"ledger of {feed}: {problem}"


def _originals(world: World) -> dict[str, bytes]:
    """Return what runs that mask have landed, by key; a run whose id was used again has landed it as well."""
    landed = (line for run in world.runs if run.masks for line in _lines(world, run, "manifest.jsonl"))
    contents = {
        hashlib.sha256(content).hexdigest(): content
        for bucket in (world.lake.bronze, world.lake.silver, world.lake.quarantine)
        for version in world.versions(bucket)
        for content in [world.content(bucket, version)]
    }
    return {line["key"]: contents[line["sha256"]] for line in landed if line["sha256"] in contents}


def _unmasked(world: World, key: str, content: bytes, original: bytes) -> Iterator[str]:
    """Yield what a run that masks has left in silver of the columns in which something was reported."""
    if world.reported.get(content):
        yield f"{key} {content!r} is in silver, and was reported as {world.reported[content]}"
    cells, copied = (line.split(b",") for line in (original.splitlines()[1], content.splitlines()[1]))
    for column in world.located.get(original, ()):
        if copied[column - 1] == cells[column - 1]:
            yield f"{key} has column {column} of its original in silver, in which something was found"


def _losses(world: World) -> Iterator[str]:
    """Yield what was landed and is nowhere any more."""
    there = {
        world.content(bucket, version)
        for bucket in (world.lake.bronze, world.lake.silver, world.lake.quarantine)
        for version in world.versions(bucket)
    }
    hashes = {hashlib.sha256(content).hexdigest() for content in there}
    for run in world.runs:
        for landed in _lines(world, run, "manifest.jsonl"):
            if landed["sha256"] not in hashes:
                yield f"{landed['key']} was landed, and its bytes are nowhere"


def _disagreements(world: World, run: GateRun) -> Iterator[str]:
    """Yield where record, marker and buckets do not say the same."""
    record, entries = _document(world, run, "record.json"), _lines(world, run, "objects.jsonl")
    released = {line["key"] for other in world.runs for line in _lines(world, other, "released.jsonl")}
    marker = _marker(world, run)
    if record["dry_run"]:
        if marker is not None:
            yield f"{run.run.folder} was a dry run and has a marker"
        return
    for entry in entries:
        now = entry["now"]
        if now is None:
            yield f"{run.run.folder}: the record does not say where {entry['name']} is"
        elif not _is_there(world, now, entry["sha256"]) and now["key"] not in released:
            yield f"{run.run.folder}: {entry['name']} is not at {now['bucket']}/{now['key']}, as the record says"
    copies = (one["masked"] for one in entries if one.get("masked"))
    promoted = {
        (one["now"]["key"], one["now"]["version_id"]) for one in (*entries, *copies) if one["outcome"] == "promote"
    }
    in_silver = {
        (version["Key"], version["VersionId"]) for version in world.versions(world.lake.silver, run.run.prefix)
    }
    if promoted != in_silver:
        yield f"{run.run.folder}: promoted by the record {sorted(promoted)}, in silver {sorted(in_silver)}"
    listed = {(one["key"], one["version_id"]) for one in (marker or {}).get("objects", ())}
    if marker is not None and listed != promoted:
        yield f"{run.run.folder}: the marker lists {sorted(listed)}, promoted are {sorted(promoted)}"


def _is_there(world: World, now: Mapping[str, Any], sha256: str) -> bool:
    try:
        content = world.lake.read(now["bucket"], now["key"], now["version_id"])
    except world.lake.s3.exceptions.ClientError:
        return False
    return hashlib.sha256(content).hexdigest() == sha256


def _document(world: World, run: GateRun, name: str) -> Any:
    try:
        return world.lake.document(run.run.document(name))
    except world.lake.s3.exceptions.NoSuchKey:
        return None


def _lines(world: World, run: GateRun, name: str) -> list[dict[str, Any]]:
    try:
        return world.lake.lines(run.run.document(name))
    except world.lake.s3.exceptions.NoSuchKey:
        return []


def _marker(world: World, run: GateRun) -> Any:
    try:
        return json.loads(world.lake.read(world.lake.silver, run.run.marker))
    except world.lake.s3.exceptions.NoSuchKey:
        return None
