"""Evidence about the objects of a job, parsed from Macie's discovery results and findings. Pure.

``from_api`` is the only place that knows Macie's nested keys. Real records carry numbers as strings and omit nulls.
Values that cannot be parsed become *unknown*, so that the decision can hold the object.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from sys import intern
from typing import Any

from lake_gate.model.names import UNKNOWN

MOST_FINDINGS = 100_000
"""Most findings of a job run that Macie is sure to show; of those beyond, it shows only a twentieth.

Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
"""
MOST_CELLS = 1000
"""Most occurrences of an identifier that a discovery result locates; a finding locates fifteen in all.

Source: https://docs.aws.amazon.com/macie/latest/user/findings-locate-sd.html
"""
CUSTOM_IDENTIFIER = "CUSTOM_IDENTIFIER"


class Severity(StrEnum):
    """Severity of a finding, in Macie's spelling."""

    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"

    @property
    def rank(self) -> int:
        """1 for Low, 2 for Medium, 3 for High."""
        return _RANKS[self.value]


_RANKS = {"Low": 1, "Medium": 2, "High": 3}


@dataclass(frozen=True, slots=True)
class Detection:
    """Identifier that was found in an object, and the number of its occurrences; never their content.

    :param category: Macie's (``PERSONAL_INFORMATION`` …), ``CUSTOM_IDENTIFIER``, or ``unknown`` when the record has no
        usable name, category or count.
    :param columns: position of each column (from 1) in which Macie located cells, and their number; only masking and
        exceptions rest on it. Empty for files without cells, and in older documents.
    """

    identifier: str
    count: int
    category: str
    columns: tuple[tuple[int, int], ...] = field(default=(), compare=False)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Detection:
        """Return the detection of a JSON object whose shape was checked."""
        columns = tuple((position, cells) for position, cells in content.get("columns", ()))
        return cls(**{**content, "columns": columns})

    def to_json(self) -> dict[str, Any]:
        """Return the detection as a JSON object, for documents."""
        content = {"identifier": self.identifier, "count": self.count, "category": self.category}
        return {**content, "columns": list(map(list, self.columns))} if self.columns else content


@dataclass(frozen=True, slots=True)
class Observation:
    """Content of a discovery result or a finding about a version of an object.

    :param status: ``COMPLETE``, ``PARTIAL``, ``SKIPPED`` or another status of Macie; ``missing`` without one.
    :param status_reason: Macie's reason code when the status is not COMPLETE.
    :param severity: Macie's word, or None without a severity (clean and skipped objects).
    :param finding_type: ``SensitiveData:S3Object/Personal`` …, None for clean and skipped objects.
    :param finding_id: id of the finding; None for a discovery result.
    :param is_archived: a suppression rule of the account has archived the finding.
    :param is_embedded: the record is about a file inside an archive, not about the archive.
    :param version_id: empty where Macie names none; the text ``null`` is a valid id.
    :param etag: without quotes, empty where Macie gives none.
    :param size_bytes: size of the object, None where Macie gives no valid number.
    :param content_type: of what was analysed (``text/csv``), None where Macie gives none.
    """

    bucket: str
    key: str
    version_id: str
    etag: str
    status: str
    status_reason: str | None
    severity: str | None
    detections: tuple[Detection, ...]
    finding_type: str | None = None
    finding_id: str | None = None
    is_archived: bool = False
    is_embedded: bool = False
    size_bytes: int | None = None
    content_type: str | None = None

    @classmethod
    def from_api(cls, payload: Mapping[str, Any], *, is_finding: bool) -> Observation:
        """Parse a discovery result record or an element of GetFindings; both have the same core.

        :raises ValueError: when the record names no object or has an unexpected shape.
        """
        try:
            return cls._parse(payload, is_finding=is_finding)
        except (AttributeError, TypeError, OverflowError, RecursionError):
            raise ValueError("a record of Macie has an unexpected shape") from None

    @classmethod
    def _parse(cls, payload: Mapping[str, Any], *, is_finding: bool) -> Observation:
        s3_object = _affected(payload)[1]
        place = object_of(payload)
        if place is None:
            raise ValueError(f"Macie record {payload.get('id')} names no object (resourcesAffected.s3Object.key)")
        result = (payload.get("classificationDetails") or {}).get("result") or {}
        status, severity = result.get("status") or {}, payload.get("severity") or {}
        detections = _detections(result, has_type=bool(payload.get("type")))
        # Interned: up to 100,000 records are in memory, and they repeat a few words.
        return cls(
            bucket=intern(place[0]),
            key=intern(place[1]),
            version_id=intern(_member(s3_object, "versionid")),
            etag=intern(_member(s3_object, "etag").strip('"')),
            status=intern(str(status.get("code") or "missing")),
            status_reason=status.get("reason") or None,
            severity=severity.get("description") or (UNKNOWN if severity else None),
            detections=detections,
            finding_type=payload.get("type") or (UNKNOWN if detections else None),
            finding_id=payload.get("id") if is_finding else None,
            is_archived=is_finding and payload.get("archived") is True,
            is_embedded=bool(s3_object.get("embeddedFileDetails")),
            size_bytes=_size(_member(s3_object, "size")),
            content_type=intern(str(result["mimeType"])) if result.get("mimeType") else None,
        )

    @classmethod
    def from_json(cls, content: Any) -> Observation:
        """Parse the result of :meth:`to_json`.

        :raises ValueError: when the content has other members or types.
        """
        # Older documents lack these.
        content = {"size_bytes": None, "content_type": None, **content} if isinstance(content, Mapping) else {}
        if set(content) != {field.name for field in fields(cls)}:
            raise ValueError("not an observation: unexpected members")
        detections = content["detections"]
        if not isinstance(detections, (list, tuple)) or not all(map(_is_detection, detections)):
            raise ValueError("not an observation: detections have an unexpected shape")
        if wrong := [name for name, types in _TYPES.items() if not isinstance(content[name], types)]:
            raise ValueError(f"not an observation: wrong type of {', '.join(wrong)}")
        return cls(**{**content, "detections": tuple(map(Detection.from_json, detections))})

    def to_json(self) -> dict[str, Any]:
        """Return the observation as a JSON object, for documents."""
        return {**asdict(self), "detections": [detection.to_json() for detection in self.detections]}


@dataclass(frozen=True, slots=True)
class FindingSummary:
    """Facts about a finding for a notification.

    :param severity: Macie's word.
    :param path: bucket and key, as ``bucket/folder/file.csv``.
    """

    finding_id: str
    job_id: str
    account_id: str
    severity: str
    path: str

    @classmethod
    def from_api(cls, finding: Mapping[str, Any]) -> FindingSummary:
        """Parse an element of GetFindings; missing members become *unknown*.

        Source: https://docs.aws.amazon.com/macie/latest/APIReference/findings-describe.html
        """
        s3_bucket, s3_object = _affected(finding)
        path = f"{s3_bucket.get('name', UNKNOWN)}/{s3_object.get('key', UNKNOWN)}"
        return cls(
            finding_id=str(finding["id"]),
            job_id=str((finding.get("classificationDetails") or {}).get("jobId") or UNKNOWN),
            account_id=str(finding.get("accountId") or UNKNOWN),
            severity=str((finding.get("severity") or {}).get("description") or UNKNOWN),
            path=str(s3_object.get("path") or path),
        )

    @property
    def rank(self) -> int:
        """Rank of the severity; unknown words rank as High."""
        return Severity(self.severity).rank if self.severity in set(Severity) else Severity.HIGH.rank

    @property
    def is_high(self) -> bool:
        """Whether its message goes to the High topic."""
        return self.rank == Severity.HIGH.rank


def object_of(payload: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return (bucket, key) of the object of a record; None if the record names no object."""
    s3_bucket, s3_object = _affected(payload)
    bucket, key = s3_bucket.get("name"), s3_object.get("key")
    return (bucket, key) if bucket and key else None


def _affected(payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    affected = payload.get("resourcesAffected") or {}
    return affected.get("s3Bucket") or {}, affected.get("s3Object") or {}


_TEXT_OR_NONE = (str, type(None))
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("bucket", "key", "version_id", "etag", "status"), str),
    **dict.fromkeys(("status_reason", "severity", "finding_type", "finding_id", "content_type"), _TEXT_OR_NONE),
    **dict.fromkeys(("is_archived", "is_embedded"), bool),
    "size_bytes": (int, type(None)),
}


def _is_detection(content: Any) -> bool:
    if not isinstance(content, Mapping) or set(content) - {"columns"} != {"identifier", "count", "category"}:
        return False
    columns = content.get("columns", ())
    if not isinstance(columns, (list, tuple)) or not all(map(_is_column, columns)):
        return False
    texts = (content["identifier"], content["category"])
    return _is_count(content["count"]) and all(isinstance(text, str) for text in texts)


def _is_column(content: Any) -> bool:
    return isinstance(content, (list, tuple)) and len(content) == 2 and all(map(_is_count, content))


def _is_count(content: Any) -> bool:
    """Whether this is a number that the gate writes: none is below 1, or it would lower a sum that a rule limits."""
    return type(content) is int and content > 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Discovery results and findings of a job about all versions of an object."""

    results: tuple[Observation, ...] = ()
    findings: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """State of a classification job at its end.

    :param last_run_error: ``NONE`` or ``ERROR`` (Macie could not reach an account or a bucket).
    :param settled: the job's results and findings had stopped changing when they were gathered.
    :param findings: total number of its findings.
    """

    job_id: str
    status: str
    last_run_error: str
    sampling_percentage: int
    settled: bool
    findings: int = 0

    @classmethod
    def from_api(cls, response: Mapping[str, Any], *, settled: bool, findings: int = 0) -> Job:
        """Parse a response of DescribeClassificationJob; missing members count against the job."""
        return cls(
            job_id=response["jobId"],
            status=response.get("jobStatus") or "missing",
            last_run_error=(response.get("lastRunErrorStatus") or {}).get("code") or "missing",
            sampling_percentage=int(response.get("samplingPercentage") or 0),
            settled=settled,
            findings=findings,
        )

    @property
    def is_capped(self) -> bool:
        """Whether there may be findings that Macie does not show."""
        return self.findings >= MOST_FINDINGS


def gather(
    results: Iterable[Mapping[str, Any]], findings: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str], Evidence]:
    """Group a job's discovery results and findings by (bucket, key).

    :raises ValueError: when a payload names no object.
    """
    by_object: dict[tuple[str, str], tuple[list[Observation], list[Observation]]] = defaultdict(lambda: ([], []))
    for payload in results:
        result = Observation.from_api(payload, is_finding=False)
        by_object[result.bucket, result.key][0].append(result)
    for payload in findings:
        finding = Observation.from_api(payload, is_finding=True)
        by_object[finding.bucket, finding.key][1].append(finding)
    return {place: Evidence(tuple(first), tuple(second)) for place, (first, second) in by_object.items()}


def count_findings(evidence: Mapping[tuple[str, str], Evidence]) -> int:
    """Return the number of distinct findings."""
    return len({finding.finding_id for each in evidence.values() for finding in each.findings})


def _detections(result: Mapping[str, Any], *, has_type: bool) -> tuple[Detection, ...]:
    """Return the detections of a record, with an unknown detection for each claim that the record does not specify.

    :param has_type: whether the record has a finding type, so that it claims sensitive data.
    """
    found: list[Detection] = []
    for item in result.get("sensitiveData") or ():
        category = item.get("category")
        found += _detections_of_kind(
            item, [(each.get("type"), each.get("count"), category, each) for each in _listed(item)], claimed=True
        )
    custom = result.get("customDataIdentifiers") or {}
    named = [
        (each.get("name") or each.get("arn"), each.get("count"), CUSTOM_IDENTIFIER, each) for each in _listed(custom)
    ]
    found += _detections_of_kind(custom, named, claimed=False)
    if not found and (has_type or result.get("additionalOccurrences")):
        found.append(_UNKNOWN_DETECTION)
    return tuple(found)


_UNKNOWN_DETECTION = Detection(UNKNOWN, 1, UNKNOWN)


def _listed(kind: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return kind.get("detections") or ()


def _detections_of_kind(
    kind: Mapping[str, Any], named: list[tuple[Any, Any, Any, Mapping[str, Any]]], *, claimed: bool
) -> list[Detection]:
    """Return the detections of a kind, and an unknown detection if its total claims more of them.

    :param claimed: whether the presence of the kind alone claims that something was found.
    """
    found = [_detection(*detection) for detection in named]
    total = _number(kind.get("totalCount"))
    if total < 0 or total > sum(each.count for each in found) or (claimed and not found):
        found.append(_UNKNOWN_DETECTION)
    return found


def _detection(identifier: Any, count: Any, category: Any, item: Mapping[str, Any]) -> Detection:
    number = _number(count)
    if not identifier or identifier == UNKNOWN or not category or number < 1:
        return Detection(str(identifier or UNKNOWN), max(number, 1), UNKNOWN)
    return Detection(intern(str(identifier)), number, intern(str(category)), _columns(item.get("occurrences")))


def _columns(occurrences: Any) -> tuple[tuple[int, int], ...]:
    """Return the located cells by column; other locations, and what has another shape, are left out."""
    cells = occurrences.get("cells") if isinstance(occurrences, Mapping) else None
    if not isinstance(cells, list):
        return ()
    positions = (_number(cell.get("column")) for cell in islice(cells, MOST_CELLS) if isinstance(cell, Mapping))
    return _shared(tuple(sorted(Counter(position for position in positions if position > 0).items())))


@lru_cache(maxsize=4096)
def _shared(columns: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return an equal tuple that many detections share: up to 100,000 records are in memory."""
    return columns


def _member(s3_object: Mapping[str, Any], name: str) -> str:
    """Return a member as text, ignoring the case of its name; empty if it is missing.

    Findings and results have ``eTag``, events in AWS's user guide ``etag``. If two spellings have different values, the
    text equals neither of them.

    Source: https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html

    :param name: in lower case.
    """
    values = (str(value) for key, value in s3_object.items() if key.lower() == name and value is not None)
    return "/".join(sorted({*values} - {""}))


_MOST_DIGITS = 18


def _size(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _number(value: Any) -> int:
    """Return a count, which may be text; 0 if it is missing, -1 if it is not a number."""
    try:
        return int(value or 0)
    except (TypeError, ValueError, OverflowError):
        return -1
