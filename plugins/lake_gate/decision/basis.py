"""Basis of the decisions of a run: ``plan.json``, and the versions of the evidence documents that it pins.

Clearing a run may write later versions of these documents. Decisions that are kept are explained, and made again, by
the pinned versions; records that only a later version has are new findings.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from lake_gate.decision.policy import Outcome
from lake_gate.errors import DamagedDocumentError
from lake_gate.model import jsonl
from lake_gate.model.evidence import Evidence, Job, Observation, gather, object_of
from lake_gate.model.exception import PolicyException
from lake_gate.model.kept import without_values
from lake_gate.model.run import EXCEPTIONS, FINDINGS, FOUND, HISTORIES, JOB, PLAN, RESULTS, REUSED, Run
from lake_gate.s3.documents import iter_items, iter_json_lines, read_object
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

EVIDENCE = (RESULTS, FINDINGS, JOB, HISTORIES, REUSED)
"""Documents that a run decides on; its plan pins a version of each one that exists."""

_TEXT, _OBJECT = {"type": "string"}, {"type": "object"}
_TEXTS = {"type": "array", "items": _TEXT}
_RANGE = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2}
PLAN_SHAPE = {
    "type": "object",
    "properties": {
        "decisions": _TEXT,
        "policy": _OBJECT,
        "job": {"type": ["object", "null"]},
        "has_copies": {"type": "boolean"},
        "chunks": {
            "type": "object",
            "propertyNames": {"enum": [outcome.value for outcome in Outcome]},
            "additionalProperties": {"type": "array", "items": _RANGE},
        },
        "evidence": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        "exceptions": {
            "type": "object",
            "properties": dict.fromkeys(("ending", "never_used", "problems"), _TEXTS),
            "required": ["ending", "never_used", "problems"],
        },
    },
    "required": ["decisions"],
}
JOB_SHAPE = {
    "type": "object",
    "properties": {
        "jobId": _TEXT,
        **{name: {"type": ["string", "null"]} for name in ("jobStatus", "jobArn", "createdAt")},
        "lastRunErrorStatus": {"type": ["object", "null"], "properties": {"code": {"type": ["string", "null"]}}},
        "samplingPercentage": {"type": ["integer", "null"]},
    },
    "required": ["jobId"],
}


def read_basis(s3: S3Client, bronze: str, run: Run) -> dict[str, Any]:
    """Return the content of the run's ``plan.json``; empty before the run has decided.

    :raises DamagedDocumentError: when the document is not a plan.
    """
    return read_object(s3, bronze, run.document(PLAN), PLAN_SHAPE) or {}


def pin(s3: S3Client, bronze: str, run: Run) -> dict[str, str]:
    """Return the latest version id of each evidence document that exists, by name of the document."""
    heads = {name: head_version(s3, bronze, run.document(name)) for name in EVIDENCE}
    return {name: head["VersionId"] for name, head in heads.items() if head}


def iter_pinned(s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of an evidence document as the run decided on them; none if it did not exist then.

    :param basis: content of ``plan.json``; the latest version is read if it is empty or pins no versions.
    :raises DamagedDocumentError: when the pinned version is gone, or a line of it is not a JSON object.
    """
    pins = basis.get("evidence")
    if pins is not None and name not in pins:
        return
    version_id = pins[name] if pins else ""
    yield from iter_json_lines(s3, bronze, run.document(name), version_id=version_id, missing_ok=not pins)


def gather_pinned(s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any]) -> dict[tuple[str, str], Evidence]:
    """Return the evidence that the run has decided on, by (bucket, key).

    :param basis: content of ``plan.json``.
    :raises DamagedDocumentError: when a document is damaged, or a record in it names no object.
    """
    return gather_records(bronze, run, *(iter_pinned(s3, bronze, run, basis, name) for name in (RESULTS, FINDINGS)))


def gather_about(
    s3: S3Client, bronze: str, run: Run, objects: Collection[tuple[str, str]], basis: Mapping[str, Any]
) -> dict[tuple[str, str], Evidence]:
    """Return the evidence about some objects that the run has decided on, by (bucket, key), see :func:`gather_pinned`.

    :param objects: (bucket, key) of each.
    """
    documents = (
        (line for line in map(without_values, iter_pinned(s3, bronze, run, basis, name)) if object_of(line) in objects)
        for name in (RESULTS, FINDINGS)
    )
    return gather_records(bronze, run, *documents)


def gather_records(
    bronze: str, run: Run, results: Iterable[Mapping[str, Any]], findings: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str], Evidence]:
    """Group the records of both documents of a run by (bucket, key).

    :raises DamagedDocumentError: when a record names no object, or has an unexpected shape.
    """
    document = RESULTS

    def read(name: str, records: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        nonlocal document
        document = name
        yield from map(without_values, records)

    try:
        return gather(read(RESULTS, results), read(FINDINGS, findings))
    except ValueError:
        problem = "a record names no object, or has an unexpected shape"
        raise DamagedDocumentError(f"s3://{bronze}/{run.document(document)}", problem) from None


def job_of(basis: Mapping[str, Any]) -> Job | None:
    """Return the job as the run decided on it, None if it needed none; a job that proves nothing if it did not decide.

    :param basis: content of ``plan.json``.
    :raises ValueError: when the plan does not describe a job.
    """
    if not basis:
        return Job("", "missing", "missing", 0, settled=False)
    if basis["job"] is None:
        return None
    return jsonl.from_dict(Job, {member.name: basis["job"].get(member.name) for member in fields(Job)})


def read_job(s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return Macie's description of the run's job, as the run decided on it; None without a job.

    :raises DamagedDocumentError: when the document is damaged, or its pinned version is gone.
    """
    pins = basis.get("evidence")
    if pins is not None and JOB not in pins:
        return None
    version_id = pins[JOB] if pins else ""
    described = read_object(s3, bronze, run.document(JOB), JOB_SHAPE, version_id=version_id)
    if described is None and version_id:
        raise DamagedDocumentError(f"s3://{bronze}/{run.document(JOB)}", f"its version {version_id} is gone")
    return described


def read_found(
    s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any]
) -> dict[str, tuple[Observation, ...]] | None:
    """Return the observations on the landed bytes from the index by content that the run decided on, by SHA-256.

    :return: None when the plan pins no versions.
    """
    pins = basis.get("evidence")
    if pins is None:
        return None
    if FOUND not in pins:
        return {}
    return dict(iter_items(s3, bronze, run.document(FOUND), _found, version_id=pins[FOUND]))


def read_exceptions(s3: S3Client, bronze: str, run: Run, basis: Mapping[str, Any]) -> list[PolicyException] | None:
    """Return the exceptions that the run decided with.

    :return: None when the plan pins no versions.
    """
    pins = basis.get("evidence")
    if pins is None:
        return None
    if EXCEPTIONS not in pins:
        return []
    key = run.document(EXCEPTIONS)
    return list(iter_items(s3, bronze, key, PolicyException.from_json, version_id=pins[EXCEPTIONS]))


def _found(line: Any) -> tuple[str, tuple[Observation, ...]]:
    is_known = isinstance(line, dict) and isinstance(line.get("sha256"), str) and isinstance(line.get("found"), list)
    if not is_known:
        raise ValueError("not observations with a SHA-256")
    return line["sha256"], tuple(map(Observation.from_json, line["found"]))
