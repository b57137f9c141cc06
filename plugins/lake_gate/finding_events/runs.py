"""Reads what a run of the gate has written down about some of its objects; each document once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.decision.amendments import Amendments
from lake_gate.decision.basis import gather_records, iter_pinned, read_basis, read_found
from lake_gate.decision.histories import read_histories
from lake_gate.decision.overlay import read_amendments
from lake_gate.decision.policies import policy_of
from lake_gate.decision.policy import Promotion
from lake_gate.decision.verdict import Verdict
from lake_gate.decision.verdicts import read_reused
from lake_gate.errors import DamagedDocumentError
from lake_gate.finding_events.rejudging import Decided
from lake_gate.model import jsonl
from lake_gate.model.evidence import Evidence, Job, object_of
from lake_gate.model.kept import without_values
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
from lake_gate.s3.documents import iter_items, iter_json_lines, read_object
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
    landed = {one.key: one for one in _manifest(s3, bronze, run) if one.key in keys}
    basis = read_basis(s3, bronze, run)
    findings = iter_pinned(s3, bronze, run, basis, FINDINGS)
    ids = (finding.get("id") for finding in findings)
    known = frozenset(finding_id for finding_id in ids if isinstance(finding_id, str) and finding_id in finding_ids)
    record = read_object(s3, bronze, run.document(RECORD), _RECORD_SHAPE)
    return Landing(run, landed, known, head["LastModified"], record, basis, is_dry(s3, bronze, run, record))


def _manifest(s3: S3Client, bronze: str, run: Run) -> Iterator[LandedObject]:
    of = partial(jsonl.from_dict, LandedObject)
    return iter_items(s3, bronze, run.document(MANIFEST), of, missing_ok=True)


def is_dry(s3: S3Client, bronze: str, run: Run, record: dict[str, Any] | None) -> bool:
    """Whether a run has moved nothing, on purpose: what its ledger says, not only its record.

    A record may be written again, by another run of the same id. What cannot be read says nothing: then it is not dry.
    """
    try:
        begun = read_object(s3, bronze, run.document(RUN), _RECORD_SHAPE)
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
    manifest = [one for one in _manifest(s3, bronze, run) if whole or one.name in names]
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
            if line.get("key") == key:
                return jsonl.from_dict(LandedObject, line)
    except (DamagedDocumentError, ValueError):
        log.warning("%s is damaged", run.document(MANIFEST))
    return None


_RECORD_SHAPE = {"type": "object", "properties": {"dry_run": {"type": "boolean"}}}
"""JSON Schema of what ``record.json`` and ``run.json`` are read for."""
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError)
"""What a document comes to whose parts do not fit to each other, or to those of another one."""


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
    except _DAMAGE as error:
        raise DamagedDocumentError(uri, type(error).__name__) from None


def _job(basis: dict[str, Any]) -> Job | None:
    """Return the run's job; an unknown one, which proves nothing, when nothing was decided."""
    if not basis:
        return Job("", "missing", "missing", 0, settled=False)
    if basis["job"] is None:
        return None
    return jsonl.from_dict(Job, {one.name: basis["job"].get(one.name) for one in fields(Job)})


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
        (one for one in map(without_values, iter_pinned(s3, bronze, run, basis, name)) if object_of(one) in objects)
        for name in (RESULTS, FINDINGS)
    )
    return gather_records(bronze, run, *documents)
