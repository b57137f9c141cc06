"""Reads what a run of the gate has written down about some of its objects; each document once."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.decision.amendments import Amendments
from lake_gate.decision.basis import iter_pinned, read_found
from lake_gate.decision.histories import read_histories
from lake_gate.decision.overlay import read_amendments
from lake_gate.decision.policies import policy_of
from lake_gate.decision.policy import Promotion
from lake_gate.decision.verdict import Verdict
from lake_gate.decision.verdicts import read_reused
from lake_gate.errors import DamagedDocumentError
from lake_gate.finding_events.rejudging import Decided
from lake_gate.model.evidence import Evidence, Job, gather, object_of
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import (
    AMENDMENTS,
    DECISIONS,
    FINDINGS,
    HISTORIES,
    MANIFEST,
    MOVES,
    PLAN,
    RECORD,
    RESULTS,
    REUSED,
    RUN,
    Run,
)
from lake_gate.recording.entries import iter_run_entries
from lake_gate.s3.answers import is_missing
from lake_gate.s3.documents import iter_json_lines, read_document_or_none
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

type Place = tuple[str, str, str]
"""Bucket, key and version id."""


@dataclass(frozen=True, slots=True)
class Landing:
    """A run that has landed something.

    :param landed: the objects that were asked for, by key; those that it has landed.
    :param known: ids, of those that were asked for, of the findings that its decisions rest on, or will.
    :param landed_at: when the manifest was written.
    :param record: content of ``record.json``; None when the run has not come so far.
    :param basis: content of ``plan.json``; empty when nothing was decided.
    :param is_dry: whether the run has moved nothing, on purpose.
    """

    run: Run
    landed: dict[str, LandedObject]
    known: frozenset[str]
    landed_at: datetime
    record: dict[str, Any] | None
    basis: dict[str, Any]
    is_dry: bool


def read_landing(
    s3: S3Client, bronze: str, run: Run, keys: Collection[str], finding_ids: Collection[str]
) -> Landing | None:
    """Look whether a run has landed objects, and how far it has come; None when there is no such run.

    :raises DamagedDocumentError: when a document of the run is not what the gate has written.
    """
    head = head_version(s3, bronze, run.document(MANIFEST))
    if head is None:
        return None
    with _reading(bronze, run, MANIFEST):
        lines = iter_json_lines(s3, bronze, run.document(MANIFEST), missing_ok=True)
        manifest = (LandedObject(**line) for line in lines)
        landed = {one.key: one for one in manifest if one.key in keys}
    basis = _object(s3, bronze, run, PLAN)
    with _reading(bronze, run, FINDINGS):
        findings = iter_pinned(s3, bronze, run, basis or {}, FINDINGS)
        known = frozenset(one["id"] for one in findings if one.get("id") in finding_ids)
    record = _object(s3, bronze, run, RECORD)
    return Landing(run, landed, known, head["LastModified"], record, basis or {}, is_dry(s3, bronze, run, record))


def is_dry(s3: S3Client, bronze: str, run: Run, record: dict[str, Any] | None) -> bool:
    """Whether a run has moved nothing, on purpose: what its ledger says, not only its record.

    A record may be written again, by another run of the same id. What cannot be read says nothing: then it is not dry.
    """
    try:
        begun = _object(s3, bronze, run, RUN)
    except DamagedDocumentError:
        return False
    said = begun if begun is not None else record or {}
    if said.get("dry_run") is not True:
        return False
    moves = s3.list_objects_v2(Bucket=bronze, Prefix=run.document(MOVES), MaxKeys=1)
    return not moves.get("Contents")


def read_decided(
    s3: S3Client, bronze: str, silver: str, landing: Landing
) -> tuple[Decided, dict[str, set[Place]], Amendments]:
    """Return what a run has decided about its objects, where each of them was, or is, and how that was amended.

    Objects that were amended are always among them.

    :return: the second by name.
    :raises DamagedDocumentError: when a document of the run is not what the gate has written.
    """
    run, basis = landing.run, landing.basis
    with _reading(bronze, run, PLAN):
        policy, job = policy_of(basis), _job(basis)
    whole = policy.promotion is Promotion.ALL_OR_NOTHING and bool(basis)
    with _reading(bronze, run, AMENDMENTS.rstrip("/")):
        amendments = read_amendments(s3, bronze, run)
    names = {one.name for one in landing.landed.values()} | amendments.made.keys()
    with _reading(bronze, run, f"{DECISIONS}-or-moves"):
        entries = {
            entry["name"]: entry
            for entry in iter_run_entries(s3, bronze, run, basis, amendments, dry_run=False)
            if whole or entry["name"] in names
        }
    with _reading(bronze, run, MANIFEST):
        landed = (LandedObject(**line) for line in iter_json_lines(s3, bronze, run.document(MANIFEST), missing_ok=True))
        manifest = [one for one in landed if whole or one.name in names]
    with _reading(bronze, run, f"{RESULTS}-or-{FINDINGS}"):
        evidence = _evidence(s3, bronze, run, {(one.bucket, one.key) for one in manifest}, basis)
    with _reading(bronze, run, REUSED):
        verdicts = _verdicts(s3, bronze, run, basis)
    with _reading(bronze, run, HISTORIES):
        histories = read_histories(s3, bronze, run, basis.get("evidence", {}).get(HISTORIES, ""))
    decided = Decided(
        manifest=manifest,
        entries=entries,
        has_plan=bool(basis),
        policy=policy,
        job=job,
        evidence=evidence,
        verdicts=verdicts,
        histories=histories,
    )
    places: defaultdict[str, set[Place]] = defaultdict(set)
    for one in landing.landed.values():
        places[one.name].add((one.bucket, one.key, one.version_id))
        if now := entries[one.name]["now"]:
            places[one.name].add((now["bucket"], now["key"], now["version_id"]))
        if one.name in amendments.made:
            places[one.name].add((silver, one.key, amendments.made[one.name].silver_version_id))
    return decided, places, amendments


def find_landed(s3: S3Client, bronze: str, run: Run, key: str) -> LandedObject | None:
    """Return what the manifest says of one object, although other lines of it may be damaged; None: nothing."""
    try:
        for line in iter_json_lines(s3, bronze, run.document(MANIFEST), missing_ok=True):
            if isinstance(line, dict) and line.get("key") == key:
                return LandedObject(**line)
    except (DamagedDocumentError, *DAMAGE):
        log.warning("%s is damaged", run.document(MANIFEST))
    return None


DAMAGE = (ValueError, KeyError, TypeError, AttributeError, EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a document comes to that the gate has not written like this."""


@contextmanager
def _reading(bronze: str, run: Run, name: str) -> Iterator[None]:
    """Name the document when it is not what the gate has written, or a version that is pinned is gone."""
    uri = f"s3://{bronze}/{run.document(name)}"
    try:
        yield
    except ClientError as error:
        if not is_missing(error):
            raise
        raise DamagedDocumentError(uri, "a version is gone") from None
    except DAMAGE as error:
        raise DamagedDocumentError(uri, type(error).__name__) from None


def _object(s3: S3Client, bronze: str, run: Run, name: str) -> dict[str, Any] | None:
    """Return the JSON object that a document of the run is; None when it is not there."""
    with _reading(bronze, run, name):
        if (content := read_document_or_none(s3, bronze, run.document(name))) is None:
            return None
        found = json.loads(content)
        if not isinstance(found, dict):
            raise TypeError
        return found


def _job(basis: dict[str, Any]) -> Job | None:
    """Return the run's job; an unknown one, which proves nothing, when nothing was decided."""
    if not basis:
        return Job("", "missing", "missing", 0, settled=False)
    if basis["job"] is None:
        return None
    return Job(**{one.name: basis["job"][one.name] for one in fields(Job)})


def _verdicts(s3: S3Client, bronze: str, run: Run, basis: dict[str, Any]) -> dict[str, Verdict]:
    """Return the verdicts that the run has reused, void where they were so when it decided."""
    pins = basis.get("evidence")
    if pins is not None and REUSED not in pins:
        return {}
    known = read_found(s3, bronze, run, basis)
    return read_reused(s3, bronze, run, known, version_id=pins[REUSED] if pins else "")


def _evidence(
    s3: S3Client, bronze: str, run: Run, objects: Collection[tuple[str, str]], basis: dict[str, Any]
) -> dict[tuple[str, str], Evidence]:
    documents = (
        (one for one in iter_pinned(s3, bronze, run, basis, name) if object_of(one) in objects)
        for name in (RESULTS, FINDINGS)
    )
    return gather(*documents)
