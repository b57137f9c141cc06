"""Read the documents of a run of the gate about some of its objects; each document once."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.decision.amendments import Amendments
from lake_gate.decision.basis import gather_about, iter_pinned, job_of, read_basis, read_exceptions, read_found
from lake_gate.decision.exceptions import in_force
from lake_gate.decision.histories import read_histories
from lake_gate.decision.overlay import read_amendments
from lake_gate.decision.policies import policy_of
from lake_gate.decision.policy import Promotion
from lake_gate.decision.verdict import Verdict
from lake_gate.decision.verdicts import read_reused
from lake_gate.errors import DamagedDocumentError
from lake_gate.exceptions import store
from lake_gate.finding_events.rejudging import Decided
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import (
    AMENDMENTS,
    DECISIONS,
    EXCEPTIONS,
    FINDINGS,
    HISTORIES,
    MANIFEST,
    PLAN,
    RECORD,
    RESULTS,
    REUSED,
    Run,
    silver_key,
)
from lake_gate.recording.entries import iter_run_entries
from lake_gate.recording.rewriting import is_dry
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
    """A run that has written its manifest.

    :param landed: those of the requested objects that the run has landed, by key.
    :param known: those of the requested finding ids on which the run's decisions are based, or will be.
    :param landed_at: when the manifest was written, aware UTC.
    :param record: content of ``record.json``; None when the run has not written it.
    :param basis: content of ``plan.json``; empty when nothing was decided.
    :param is_dry: see :func:`lake_gate.recording.rewriting.is_dry`.
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
    """Read which of the requested objects a run has landed, and its progress; return None when no such run exists.

    :raises DamagedDocumentError: when a document of the run is damaged.
    """
    head = head_version(s3, bronze, run.document(MANIFEST))
    if head is None:
        return None
    landed = {item.key: item for item in iter_landed(s3, bronze, run) if item.key in keys}
    basis = read_basis(s3, bronze, run)
    findings = iter_pinned(s3, bronze, run, basis, FINDINGS)
    ids = (finding.get("id") for finding in findings)
    known = frozenset(finding_id for finding_id in ids if isinstance(finding_id, str) and finding_id in finding_ids)
    record = read_object(s3, bronze, run.document(RECORD), _RECORD_SHAPE)
    return Landing(run, landed, known, head["LastModified"], record, basis, is_dry(s3, bronze, run, record))


def iter_landed(s3: S3Client, bronze: str, run: Run) -> Iterator[LandedObject]:
    """Yield the objects that a run has landed; none if there is no such run."""
    parse = partial(jsonl.from_dict, LandedObject)
    return iter_items(s3, bronze, run.document(MANIFEST), parse, missing_ok=True)


def read_decided(
    s3: S3Client, bronze: str, silver: str, landing: Landing, now: datetime
) -> tuple[Decided, dict[str, set[Place]], Amendments]:
    """Return the decisions of a run about its objects, the places of each object, and the amendments.

    Amended objects are always included.

    :param now: time at which exceptions must be in force, aware UTC.
    :return: decisions; places where each object was or is, by name; amendments.
    :raises DamagedDocumentError: when a document of the run is damaged.
    """
    run, basis = landing.run, landing.basis
    with _reading(bronze, run, PLAN):
        policy, job = policy_of(basis), job_of(basis)
    whole = policy.promotion is Promotion.ALL_OR_NOTHING and bool(basis)
    with _reading(bronze, run, AMENDMENTS.rstrip("/")):
        amendments = read_amendments(s3, bronze, run)
    names = {landed.name for landed in landing.landed.values()} | amendments.made.keys()
    with _reading(bronze, run, f"{DECISIONS}-or-moves"):
        entries = {
            entry["name"]: entry
            for entry in iter_run_entries(s3, bronze, run, basis, amendments, dry_run=False)
            if whole or entry["name"] in names
        }
    manifest = [landed for landed in iter_landed(s3, bronze, run) if whole or landed.name in names]
    with _reading(bronze, run, f"{RESULTS}-or-{FINDINGS}"):
        evidence = gather_about(s3, bronze, run, {(landed.bucket, landed.key) for landed in manifest}, basis)
    with _reading(bronze, run, REUSED):
        verdicts = _verdicts(s3, bronze, run, basis)
    with _reading(bronze, run, HISTORIES):
        histories = read_histories(s3, bronze, run, basis.get("evidence", {}).get(HISTORIES, ""))
    with _reading(bronze, run, EXCEPTIONS):
        pinned = read_exceptions(s3, bronze, run, basis) or ()
    today = in_force(store.read_exceptions(s3, bronze, run.feed), run.feed, now.isoformat())
    decided = Decided(
        manifest=manifest,
        entries=entries,
        has_plan=bool(basis),
        policy=policy,
        job=job,
        evidence=evidence,
        verdicts=verdicts,
        histories=histories,
        exceptions=today,
        pinned=pinned,
    )
    places: defaultdict[str, set[Place]] = defaultdict(set)
    for landed in landing.landed.values():
        of_object = places[landed.name]
        of_object.add((landed.bucket, landed.key, landed.version_id))
        if now := entries[landed.name]["now"]:
            of_object.add((now["bucket"], now["key"], now["version_id"]))
        if landed.name in amendments.made:
            of_object.add((silver, silver_key(landed.key), amendments.made[landed.name].silver_version_id))
    return decided, places, amendments


def find_landed(s3: S3Client, bronze: str, run: Run, key: str) -> LandedObject | None:
    """Return the object of a key in the manifest, even if later lines are damaged; None when it is not found."""
    try:
        for line in iter_json_lines(s3, bronze, run.document(MANIFEST), missing_ok=True):
            if line.get("key") == key:
                return jsonl.from_dict(LandedObject, line)
    except (DamagedDocumentError, ValueError):
        log.warning("s3://%s/%s is damaged", bronze, run.document(MANIFEST))
    return None


_RECORD_SHAPE = {"type": "object", "properties": {"dry_run": {"type": "boolean"}}}
"""JSON Schema of the members of ``record.json`` and ``run.json`` that are read."""
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError)
"""Errors of documents whose parts do not match each other, or those of another document."""


@contextmanager
def _reading(bronze: str, run: Run, name: str) -> Iterator[None]:
    """Translate errors of a document.

    :raises DamagedDocumentError: when the document is damaged, or a pinned version is gone.
    """
    uri = f"s3://{bronze}/{run.document(name)}"
    try:
        yield
    except ClientError as error:
        if not is_missing(error):
            raise
        raise DamagedDocumentError(uri, "a version is gone") from None
    except _DAMAGE as error:
        raise DamagedDocumentError(uri, type(error).__name__) from None


def _verdicts(s3: S3Client, bronze: str, run: Run, basis: dict[str, Any]) -> dict[str, Verdict]:
    """Return the verdicts that the run has reused, void if they were void when it decided."""
    pins = basis.get("evidence")
    if pins is not None and REUSED not in pins:
        return {}
    known = read_found(s3, bronze, run, basis)
    return read_reused(s3, bronze, run, known, version_id=pins[REUSED] if pins else "")
