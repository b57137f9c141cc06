"""What must be true of a lake whatever has happened in it, told by plain boto3 and what the world made Macie report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lake_gate.ledger.audit import Audit
from lake_gate.ledger.stores import BucketStore
from tests.soak.oracle import KEY, Allowed, Report, is_forbidden, remaining
from tests.soak.world import GateRun, World


def problems(world: World) -> list[str]:
    """Return the broken promises once everything has come to its end, as sentences; none means that all hold."""
    recorded = {run.run.folder: run for run in world.runs if _document(world, run, "record.json")}
    return [
        *_leaks(world),
        *_losses(world),
        *_ledgers(world, is_healed=not world.has_unhealed),
        *_reviews(world),
        *(problem for run in recorded.values() for problem in _disagreements(world, run)),
    ]


def problems_meanwhile(world: World) -> list[str]:
    """Return the broken promises at any time: tasks may have been killed, and findings may wait to be listed."""
    return [*_leaks(world, is_settled=False), *_losses(world), *_ledgers(world, is_healed=False), *_reviews(world)]


def _leaks(world: World, *, is_settled: bool = True) -> Iterator[str]:
    """Yield what is in silver although something that was reported in these bytes forbids it, and nothing excuses it.

    :param is_settled: all that was reported has to have been decided on; otherwise what the run's own job reported.
    """
    originals = _originals(world)
    for version in world.versions(world.lake.silver):
        key, content = version["Key"], world.content(world.lake.silver, version)
        run = next((run for run in world.runs if key.startswith(run.run.prefix)), None)
        if run is None:
            yield f"{key} is in silver, and no run has landed it"
            continue
        original = originals.get(key, content)
        if original != content and world.reports.get(content):
            yield f"{key} is a masked copy in which was found {world.reports[content]}"
        reports = world.reports.get(original, [])
        moments = [
            (reports if is_settled else reported, allowed)
            for number, reported, allowed in _decided(world, run, reports, is_settled=is_settled)
            if not is_settled or number >= max((report.number for report in reports), default=0)
        ]
        if not any(_is_allowed(world, key, original, content, *moment) for moment in moments):
            yield f"{key} {content!r} is in silver, and was reported as {reports}; decided {moments}"


def _decided(
    world: World, run: GateRun, reports: Iterable[Report], *, is_settled: bool
) -> Iterator[tuple[int, list[Report], Sequence[Allowed]]]:
    """Yield number, reports of the run's latest scan, and what was allowed, of each try to decide about its objects."""
    for number, moment in enumerate(world.moments):
        if moment.folder == run.run.folder or (is_settled and not moment.folder):
            yield number, [report for report in reports if report.scan and report.scan == moment.scan], moment.allowed


def _is_allowed(
    world: World, key: str, original: bytes, content: bytes, reports: Sequence[Report], allowed: Sequence[Allowed]
) -> bool:
    """Whether the model allows that this is in silver: an object itself, or its masked copy."""
    runs = [run for run in world.runs if key.startswith(run.run.prefix)]
    dataset = key.rpartition("/")[2].removesuffix(".csv")

    def left(*, is_copy: bool) -> list[Report]:
        return remaining(reports, allowed, runs[0].run.feed, dataset, original, is_copy=is_copy)

    if content == original:
        return not all(is_forbidden(left(is_copy=False), run.threshold, is_strict=_is_strict(run)) for run in runs)
    unmasked = [report for report in left(is_copy=False) if report.column in _same_columns(original, content)]
    if runs[0].is_strict:
        return not unmasked and not is_forbidden(left(is_copy=True), runs[0].threshold, is_strict=False)
    return not unmasked and not any(KEY in report.found.counts for report in left(is_copy=True))


def _is_strict(run: GateRun) -> bool:
    return run.masks and not run.is_strict


def _same_columns(original: bytes, content: bytes) -> set[int]:
    cells, copied = (line.split(b",") for line in (original.splitlines()[1], content.splitlines()[1]))
    return {number for number, (cell, copy) in enumerate(zip(cells, copied, strict=True), 1) if cell == copy}


def _ledgers(world: World, *, is_healed: bool) -> Iterator[str]:
    """Yield what the auditor's command finds.

    :param is_healed: each task that was killed has come to its end since.
    """
    store = BucketStore(world.lake.s3, world.lake.bronze)
    for feed in store.folders("_ledger/"):
        report = Audit(store, store, feed).run()
        assert report.lines
        for problem in (*report.problems, *report.unchecked):
            if is_healed or not problem.endswith("has no line"):
                yield f"ledger of {feed}: {problem}"


def _reviews(world: World) -> Iterator[str]:
    """Yield what was given back without approval, and what has left quarantine since it was asked for."""
    there = {(one["Key"], one["VersionId"]) for one in world.versions(world.lake.quarantine)}
    for review in world.reviews.all:
        if review.reprocess and not review.is_approved:
            yield f"{review.params} was given back, with the answers {review.answers}"
        if not there.issuperset(review.keys):
            yield f"{review.params}: the reviewed version is not in quarantine any more"


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
