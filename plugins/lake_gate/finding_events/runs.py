"""Reads what a run of the gate has written down about some of its objects; each document once."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lake_gate.base import FINDINGS, PLAN, RECORD, RESULTS
from lake_gate.delivery.landing import MANIFEST
from lake_gate.delivery.manifest import LandedObject
from lake_gate.documents import iter_json_lines, read_document_or_none
from lake_gate.errors import FinalGateError
from lake_gate.finding_events.rejudging import Decided
from lake_gate.include import read_policy
from lake_gate.judging.evidence import Evidence, Job, Severity, gather
from lake_gate.judging.histories import read_histories
from lake_gate.judging.policy import Policy, Promotion
from lake_gate.moving.versions import head_version
from lake_gate.names import loggable
from lake_gate.recording.entries import iter_run_entries
from lake_gate.recording.overlay import read_amendments
from lake_gate.run import Run
from lake_gate.s3_answers import is_missing
from lake_gate.scan.verdicts import read_reused

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

DEFAULT_POLICY = "default"
"""For what no run has decided about."""

type Place = tuple[str, str, str]
"""Bucket, key and version id."""


@dataclass(frozen=True, slots=True)
class Landing:
    """A run that has landed something.

    :param landed: the objects that were asked for, by key; those that it has landed.
    :param known: ids, of those that were asked for, of the findings that are in its own evidence.
    :param landed_at: when the manifest was written.
    :param record: content of ``record.json``; None when the run has not come so far.
    """

    run: Run
    landed: dict[str, LandedObject]
    known: frozenset[str]
    landed_at: datetime
    record: dict[str, Any] | None

    @property
    def is_dry(self) -> bool:
        """Whether the run has moved nothing, on purpose."""
        return bool(self.record and self.record["dry_run"])


def read_landing(
    s3: S3Client, bronze: str, run: Run, keys: Collection[str], finding_ids: Collection[str]
) -> Landing | None:
    """Look whether a run has landed objects, and how far it has come; None when there is no such run."""
    head = head_version(s3, bronze, run.document(MANIFEST))
    if head is None:
        return None
    manifest = (LandedObject(**line) for line in _lines(s3, bronze, run, MANIFEST))
    findings = _lines(s3, bronze, run, FINDINGS)
    record = read_document_or_none(s3, bronze, run.document(RECORD))
    return Landing(
        run,
        {one.key: one for one in manifest if one.key in keys},
        frozenset(one["id"] for one in findings if one.get("id") in finding_ids),
        head["LastModified"],
        json.loads(record) if record else None,
    )


def read_decided(s3: S3Client, bronze: str, silver: str, landing: Landing) -> tuple[Decided, dict[str, set[Place]]]:
    """Return what a run has decided about its objects, and where each of them was, or is.

    :return: the second by name.
    """
    run = landing.run
    basis = json.loads(read_document_or_none(s3, bronze, run.document(PLAN)) or b"{}")
    policy = _policy(basis)
    whole = policy.promotion is Promotion.ALL_OR_NOTHING and bool(basis)
    amendments = read_amendments(s3, bronze, run)
    names = {one.name for one in landing.landed.values()}
    entries = {
        entry["name"]: entry
        for entry in iter_run_entries(s3, bronze, run, basis, amendments, dry_run=False)
        if whole or entry["name"] in names
    }
    manifest = [
        one
        for one in (LandedObject(**line) for line in _lines(s3, bronze, run, MANIFEST))
        if whole or one.name in names
    ]
    decided = Decided(
        manifest=manifest,
        entries=entries,
        has_plan=bool(basis),
        policy=policy,
        job=_job(basis),
        evidence=_evidence(s3, bronze, run, {(one.bucket, one.key) for one in manifest}),
        verdicts=read_reused(s3, bronze, run),
        histories=read_histories(s3, bronze, run),
    )
    places: defaultdict[str, set[Place]] = defaultdict(set)
    for one in landing.landed.values():
        places[one.name].add((one.bucket, one.key, one.version_id))
        if now := entries[one.name]["now"]:
            places[one.name].add((now["bucket"], now["key"], now["version_id"]))
        if one.name in amendments.made:
            places[one.name].add((silver, one.key, amendments.made[one.name].silver_version_id))
    return decided, places


def _policy(basis: dict[str, Any]) -> Policy:
    """Return the run's own policy, as its file is now; the default one where that file is gone."""
    if not basis:
        return read_policy(DEFAULT_POLICY)[0]
    told = basis["policy"]
    try:
        policy = read_policy(told["name"])[0]
    except FinalGateError:
        log.warning("The policy %s cannot be read any more: the default one decides", loggable(str(told["name"])))
        policy = read_policy(DEFAULT_POLICY)[0]
    return policy.tightened(Severity(told["quarantine_threshold"]), Promotion(told["promotion"]))


def _job(basis: dict[str, Any]) -> Job | None:
    """Return the run's job; an unknown one, which proves nothing, when nothing was decided."""
    if not basis:
        return Job("", "missing", "missing", 0, settled=False)
    if basis["job"] is None:
        return None
    return Job(**{one.name: basis["job"][one.name] for one in fields(Job)})


def _evidence(
    s3: S3Client, bronze: str, run: Run, objects: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Evidence]:
    documents = (
        (one for one in _lines(s3, bronze, run, name) if _object_of(one) in objects) for name in (RESULTS, FINDINGS)
    )
    return gather(*documents)


def _object_of(payload: dict[str, Any]) -> tuple[str, str] | None:
    affected = payload.get("resourcesAffected") or {}
    bucket, key = (affected.get("s3Bucket") or {}).get("name"), (affected.get("s3Object") or {}).get("key")
    return (bucket, key) if bucket and key else None


def _lines(s3: S3Client, bronze: str, run: Run, name: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a document of the run; none when it has not come so far."""
    try:
        yield from iter_json_lines(s3, bronze, run.document(name))
    except s3.exceptions.ClientError as error:
        if not is_missing(error):
            raise
