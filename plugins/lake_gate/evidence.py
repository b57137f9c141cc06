"""What Macie says about each object: discovery results and findings, parsed and brought together. Pure.

``from_api`` is the only place that knows AWS's nested keys. Real records carry numbers as strings and leave nulls out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """Severity of a finding, in Macie's words; ``rank`` grows with it."""

    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"

    @property
    def rank(self) -> int:
        """1 for Low, 2 for Medium, 3 for High."""
        return list(Severity).index(self) + 1


@dataclass(frozen=True, slots=True)
class Detection:
    """Occurrences of one identifier in one object: its name and how often, never what."""

    identifier: str
    count: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What one discovery result or one finding says about one version of one object.

    :param status: ``COMPLETE``, ``PARTIAL``, ``SKIPPED`` or whatever else Macie says.
    :param status_reason: Macie's reason code when the status is not COMPLETE.
    :param severity: Macie's word, or None where it gives none (clean and skipped objects).
    :param finding_id: id of the finding; None for a discovery result.
    """

    bucket: str
    key: str
    version_id: str
    etag: str
    status: str
    status_reason: str | None
    severity: str | None
    detections: tuple[Detection, ...]
    finding_id: str | None = None

    @classmethod
    def from_api(cls, payload: Mapping[str, Any], *, is_finding: bool) -> Observation:
        """Parse a discovery result record or an element of GetFindings; both have the same core.

        :raises ValueError: when it does not say which object it is about.
        """
        affected = payload.get("resourcesAffected") or {}
        s3_object = affected.get("s3Object") or {}
        bucket, key = (affected.get("s3Bucket") or {}).get("name"), s3_object.get("key")
        if not bucket or not key:
            raise ValueError(f"Macie record {payload.get('id')} names no object (resourcesAffected.s3Object.key)")
        result = (payload.get("classificationDetails") or {}).get("result") or {}
        status = result.get("status") or {}
        return cls(
            bucket=bucket,
            key=key,
            version_id=s3_object.get("versionId") or "",
            etag=(s3_object.get("eTag") or "").strip('"'),
            status=status.get("code") or "missing",
            status_reason=status.get("reason"),
            severity=(payload.get("severity") or {}).get("description"),
            detections=_detections(result),
            finding_id=payload.get("id") if is_finding else None,
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a job says about one object; about any of its versions."""

    results: tuple[Observation, ...] = ()
    findings: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """How the classification job ended.

    :param last_run_error: ``NONE`` or ``ERROR`` (Macie could not reach an account or a bucket).
    :param settled: the job's results and findings had stopped changing when they were gathered.
    """

    job_id: str
    status: str
    last_run_error: str
    sampling_percentage: int
    settled: bool

    @classmethod
    def from_api(cls, answer: Mapping[str, Any], *, settled: bool) -> Job:
        """Parse the answer of DescribeClassificationJob; what it does not say counts against the job."""
        return cls(
            job_id=answer["jobId"],
            status=answer.get("jobStatus") or "missing",
            last_run_error=(answer.get("lastRunErrorStatus") or {}).get("code") or "missing",
            sampling_percentage=int(answer.get("samplingPercentage") or 0),
            settled=settled,
        )


def gather(
    results: Iterable[Mapping[str, Any]], findings: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str], Evidence]:
    """Bring a job's discovery results and findings together by (bucket, key).

    :raises ValueError: when a payload does not say which object it is about.
    """
    by_object: dict[tuple[str, str], tuple[list[Observation], list[Observation]]] = defaultdict(lambda: ([], []))
    for payload in results:
        seen = Observation.from_api(payload, is_finding=False)
        by_object[seen.bucket, seen.key][0].append(seen)
    for payload in findings:
        seen = Observation.from_api(payload, is_finding=True)
        by_object[seen.bucket, seen.key][1].append(seen)
    return {place: Evidence(tuple(first), tuple(second)) for place, (first, second) in by_object.items()}


def _detections(result: Mapping[str, Any]) -> tuple[Detection, ...]:
    managed = [
        Detection(found["type"], int(found["count"]))
        for item in result.get("sensitiveData") or ()
        for found in item.get("detections") or ()
    ]
    custom = [
        Detection(found["name"], int(found["count"]))
        for found in (result.get("customDataIdentifiers") or {}).get("detections") or ()
    ]
    if not managed + custom and _claims_something(result):
        return (Detection("unknown", 1),)
    return tuple(managed + custom)


def _claims_something(result: Mapping[str, Any]) -> bool:
    """Whether a result that lists no detection says nevertheless that there was something."""
    custom = result.get("customDataIdentifiers") or {}
    return bool(result.get("sensitiveData")) or int(custom.get("totalCount") or 0) > 0
