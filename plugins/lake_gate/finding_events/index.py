"""Rebuild the index by content from the documents of the runs: when it was lost, or the lake is older than the index.

``_content/complete.json`` records that the index has every run. Without that document all runs are read in sequence:
the manifests list the landed bytes, the results and findings of the runs and the actions of ``finding_events`` list the
findings in them. Runs that begin during the rebuild write their own entries, see :mod:`lake_gate.content`. While the
index is incomplete, a run may promote bytes that it would have held: bytes whose findings are restored are pending.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate import content
from lake_gate.errors import DamagedDocumentError, GateError, class_of
from lake_gate.finding_events.action import Action
from lake_gate.finding_events.places import FEED, INDEX, run_of
from lake_gate.model import jsonl
from lake_gate.model.evidence import Detection, Observation
from lake_gate.model.kept import without_values
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import UNKNOWN, loggable
from lake_gate.model.run import ACTIONS, FINDINGS, MANIFEST, RESULTS, Run
from lake_gate.s3.documents import iter_items, iter_json_lines, read_document_or_none, write_document
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

INDEX_BUDGET = timedelta(minutes=30)
"""How long a run of ``finding_events`` reads old runs; the next run continues."""
_RUNS = "_runs/"
_THREADS = 16

type _Version = tuple[str, str, str]


def complete_index(s3: S3Client, bronze: str, *, until: datetime) -> bool:
    """Add every run to the index, unless the index is complete; return whether it is complete now.

    :param until: when to stop, aware UTC; the progress is kept.
    """
    progress = _read_progress(s3, bronze)
    if progress["complete"]:
        return True
    is_whole = True
    for key in _iter_manifests(s3, bronze, after=progress["after"]):
        if datetime.now(UTC) >= until:
            log.warning("The index by content is rebuilt up to %s; the next run continues", loggable(progress["after"]))
            return False
        run = run_of(key.removeprefix(_RUNS))
        try:
            progress["skipped"] += _add_run(s3, bronze, run) if run else []
        except (ClientError, BotoCoreError, GateError) as error:
            log.warning("Cannot read %s: %s; the next run reads it again", loggable(key), class_of(error))
            is_whole = False
        progress["after"] = key
        write_document(s3, bronze, INDEX, json.dumps(progress).encode())
    progress |= {"complete": is_whole, "after": progress["after"] if is_whole else ""}
    write_document(s3, bronze, INDEX, json.dumps(progress).encode())
    return is_whole


def _read_progress(s3: S3Client, bronze: str) -> dict[str, Any]:
    """Return the progress of the rebuild; the beginning when its document cannot be read."""
    begin: dict[str, Any] = {"complete": False, "after": "", "skipped": []}
    try:
        progress = jsonl.parse(read_document_or_none(s3, bronze, INDEX) or b"{}")
        types = (type(progress["complete"]), type(progress["after"]), type(progress["skipped"]))
    except (ValueError, KeyError, TypeError):
        return begin
    return {name: progress[name] for name in begin} if types == (bool, str, list) else begin


def _iter_manifests(s3: S3Client, bronze: str, *, after: str) -> Iterator[str]:
    """Yield the keys of the manifests of all runs; lists the folders of each feed, never the objects in them."""
    for feed in _iter_folders(s3, bronze, _RUNS, ""):
        for folder in _iter_folders(s3, bronze, feed, after):
            key = folder + MANIFEST
            if key > after:
                yield key


def _iter_folders(s3: S3Client, bronze: str, prefix: str, after: str) -> Iterator[str]:
    start = {"StartAfter": after} if after.startswith(prefix) else {}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=prefix, Delimiter="/", **start)  # type: ignore[arg-type]
    for page in pages:
        yield from (folder["Prefix"] for folder in page.get("CommonPrefixes", ()))


def _add_run(s3: S3Client, bronze: str, run: Run) -> list[str]:
    """Write the entries of one run; return its folder if its documents are damaged: it is not read again."""
    try:
        if run.feed == FEED:
            _add_actions(s3, bronze, run)
            return []
        found = _read_evidence(s3, bronze, run)
        parse = partial(jsonl.from_dict, LandedObject)
        manifest = iter_items(s3, bronze, run.document(MANIFEST), parse, missing_ok=True)
        for _ in map_threads(lambda landed: _add_object(s3, bronze, run, landed, found), manifest, _THREADS):
            pass
        return [] if run.is_masked else _add_run(s3, bronze, run.masked)
    except (DamagedDocumentError, ValueError) as error:
        log.warning("%s is damaged: %s", loggable(f"s3://{bronze}/{run.documents}"), type(error).__name__)
        return [f"{run.feed}/{run.folder}"]
    return []


def _add_actions(s3: S3Client, bronze: str, run: Run) -> None:
    """Write the findings about objects that a run of ``finding_events`` has moved; decisions have no categories."""
    for action in iter_items(s3, bronze, run.document(ACTIONS), Action.from_json, missing_ok=True):
        if action.decision and action.findings:
            decision = action.stricter_decision
            detections = tuple(Detection(name, count, UNKNOWN) for name, count in decision.detections.items())
            severity, finding_id = decision.severity, min(action.findings)
            finding = Observation("", "", "", "", "COMPLETE", None, severity, detections, UNKNOWN, finding_id)
            content.add_found(s3, bronze, decision.sha256, [finding])


def _add_object(
    s3: S3Client, bronze: str, run: Run, landed: LandedObject, found: dict[_Version, list[Observation]]
) -> None:
    content.add_found(s3, bronze, landed.sha256, found.get((landed.bucket, landed.key, landed.version_id), ()))
    content.add_landed(s3, bronze, run, landed)


def _read_evidence(s3: S3Client, bronze: str, run: Run) -> dict[_Version, list[Observation]]:
    """Return the observations of a run that have a severity or detections, by version."""
    found: defaultdict[_Version, list[Observation]] = defaultdict(list)
    for name in (RESULTS, FINDINGS):
        for line in iter_json_lines(s3, bronze, run.document(name), missing_ok=True):
            seen = Observation.from_api(without_values(line), is_finding=name == FINDINGS)
            if seen.severity or seen.detections:
                found[seen.bucket, seen.key, seen.version_id].append(seen)
    return found
