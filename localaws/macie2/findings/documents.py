"""The shapes of a finding and of a discovery result.

Source: shape Finding of the macie2 API; the form of the discovery results (numbers as text, whole seconds, no nulls) is
that of real ones, for which AWS has no schema: https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.moto_api._internal import mock_random

from localaws.macie2.detection.result import Cell, Detection, EmbeddedFile, LineRange, Occurrence, Record, ScanResult
from localaws.macie2.findings.resources import resources_affected
from localaws.macie2.identifiers.model import Category
from localaws.macie2.storage.s3 import S3Object

#: Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
LOCATIONS_PER_FINDING = 15

#: The bucket that a finding names when no repository is configured, as in real findings.
NO_REPOSITORY = "[export-config-not-set]"

#: Folder of the discovery results of automated discovery, of which no real location is known.
_AUTOMATED = "automated-sensitive-data-discovery"

_KIND_OF_CATEGORY = {
    Category.CREDENTIALS: "Credentials",
    Category.FINANCIAL_INFORMATION: "Financial",
    Category.PERSONAL_INFORMATION: "Personal",
    None: "CustomIdentifier",
}
_TEXTS = {
    "Credentials": "The S3 object contains credentials data",
    "CustomIdentifier": "The S3 object contains text that matches custom data identifier criteria",
    "Financial": "The S3 object contains financial information",
    "Multiple": "The S3 object contains multiple categories of sensitive data",
    "Personal": "The S3 object contains personal information",
}
#: Descriptions that are not the title with a full stop. Source: real findings of 2024
_DESCRIPTIONS = {
    "CustomIdentifier": "The S3 object contains text that matches the criteria of one or more custom data identifiers. "
    "The object might contain multiple types of sensitive data.",
    "Multiple": "The S3 object contains more than one category of sensitive data.",
}


@dataclass(frozen=True, slots=True)
class Analysis:
    """The analysis of an object in a run, from which findings and discovery results are built.

    :param job_id: None for automated discovery, as ``job_arn``.
    :param names: names of the custom data identifiers, by id.
    :param results_bucket: bucket and key prefix of the repository, None when there is none.
    :param run: number of the job's run; each run writes results of its own.
    :param writing: 2 when the result is written a second time, in a file of its own.
    """

    account_id: str
    region_name: str
    partition: str
    job_id: str | None
    job_arn: str | None
    names: Mapping[str, str]
    object: S3Object
    result: ScanResult
    results_bucket: tuple[str, str] | None
    run: int = 1
    writing: int = 1

    @property
    def result_key(self) -> str:
        """Key of the discovery result. Real ones end in a name-based UUID, too."""
        name = f"{self.job_arn or _AUTOMATED}/{self.run}/{self.object.bucket.name}/{self.object.key}"
        if self.writing > 1:
            name = f"{name}?writing={self.writing}"
        parts = ["AWSLogs", self.account_id, "Macie", self.region_name, self.job_id or _AUTOMATED, self.account_id]
        prefix = self.results_bucket[1].strip("/") if self.results_bucket else ""
        return "/".join([*([prefix] if prefix else []), *parts, f"{uuid.uuid3(uuid.NAMESPACE_URL, name)}.jsonl.gz"])

    @property
    def results_location(self) -> str:
        return f"s3://{self.results_bucket[0] if self.results_bucket else NO_REPOSITORY}/{self.result_key}"


def finding(analysis: Analysis, created_at: datetime) -> dict[str, Any]:
    """Return the finding as GetFindings returns it, with numbers as numbers and times as datetimes."""
    detections = analysis.result.detections
    shares = share_locations(detections, LOCATIONS_PER_FINDING)
    occurrences = [_occurrences(some) for some in shares]
    result = {
        "additionalOccurrences": sum(found.count for found in detections) > sum(map(len, shares)),
        "customDataIdentifiers": _custom(analysis.names, detections, occurrences),
        **_outcome(analysis.result),
        "sensitiveData": _managed(detections, occurrences),
    }
    return {
        **_head(analysis),
        **_verdict(detections),
        "archived": False,
        "classificationDetails": {
            **_classification(analysis),
            "result": result,
        },
        "count": 1,
        "createdAt": created_at,
        "resourcesAffected": resources_affected(analysis.object),
        "sample": False,
        "updatedAt": created_at,
    }


def discovery_results(analysis: Analysis, created_at: datetime) -> Iterator[dict[str, Any]]:
    """Yield the records that Macie writes for every object of a run, also for clean and skipped objects.

    The first describes the object; in case of an archive, one for each of its files follows.
    """
    resources = _as_text(resources_affected(analysis.object))
    del resources["s3Bucket"]["allowsUnencryptedObjectUploads"]  # real results do not have it
    yield _record(analysis, analysis.result, created_at, resources)
    for file in analysis.result.embedded:
        details = {"embeddedFileDetails": _as_text(_embedded_file_details(file))}
        yield _record(analysis, file, created_at, {**resources, "s3Object": {**resources["s3Object"], **details}})


def _record(
    analysis: Analysis, outcome: ScanResult | EmbeddedFile, created_at: datetime, resources: dict[str, Any]
) -> dict[str, Any]:
    detections = outcome.detections
    occurrences = [_result_occurrences(found.occurrences) for found in detections]
    result = {**_outcome(outcome), "sensitiveData": _managed(detections, occurrences)}
    if any(found.category is None for found in detections):
        result["customDataIdentifiers"] = _custom(analysis.names, detections, occurrences)
    record = {
        **_head(analysis),
        **(_verdict(detections) if detections else {}),
        "createdAt": created_at,
        "classificationDetails": {**_classification(analysis), "result": result},
    }
    return {**_as_text(record), "resourcesAffected": resources}


def _embedded_file_details(file: EmbeddedFile) -> dict[str, Any]:
    return {
        "filePath": file.path,
        "fileExtension": file.extension,
        "fileSize": file.size_bytes,
        "fileLastModified": file.last_modified_at,
    }


def share_locations(detections: Sequence[Detection], total: int) -> list[tuple[Occurrence, ...]]:
    """Share the locations out one by one, in turn, among the detections that have some left."""
    shares = [0] * len(detections)
    while total:
        open_shares = [index for index, found in enumerate(detections) if shares[index] < len(found.occurrences)]
        if not open_shares:
            break
        for index in open_shares[:total]:
            shares[index] += 1
        total -= len(open_shares[:total])
    return [found.occurrences[:share] for found, share in zip(detections, shares, strict=True)]


def _head(analysis: Analysis) -> dict[str, Any]:
    return {
        "accountId": analysis.account_id,
        "category": "CLASSIFICATION",
        "id": mock_random.get_random_hex(32),
        "partition": analysis.partition,
        "region": analysis.region_name,
        "schemaVersion": "1.0",
    }


def _verdict(detections: Sequence[Detection]) -> dict[str, Any]:
    """Type, severity and texts: of several kinds of data it is Multiple; the highest severity counts."""
    kinds = {_KIND_OF_CATEGORY[found.category] for found in detections}
    kind = kinds.pop() if len(kinds) == 1 else "Multiple"
    severity = max((found.severity for found in detections), key=lambda severity: severity.score)
    return {
        "description": _DESCRIPTIONS.get(kind, f"{_TEXTS[kind]}."),
        "severity": {"description": severity.value, "score": severity.score},
        "title": _TEXTS[kind],
        "type": f"SensitiveData:S3Object/{kind}",
    }


def _classification(analysis: Analysis) -> dict[str, Any]:
    return {
        "detailedResultsLocation": analysis.results_location,
        "jobArn": analysis.job_arn,
        "jobId": analysis.job_id,
        "originType": "SENSITIVE_DATA_DISCOVERY_JOB" if analysis.job_id else "AUTOMATED_SENSITIVE_DATA_DISCOVERY",
    }


def _outcome(outcome: ScanResult | EmbeddedFile) -> dict[str, Any]:
    return {
        "mimeType": outcome.mime_type,
        "sizeClassified": outcome.size_classified_bytes,
        "status": {"code": str(outcome.status), "reason": outcome.reason},
    }


def _managed(detections: Sequence[Detection], occurrences: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One element per category."""
    by_category: dict[str, list[dict[str, Any]]] = {}
    for found, where in zip(detections, occurrences, strict=True):
        if found.category is not None:
            detection = {"count": found.count, "occurrences": where, "type": found.identifier}
            by_category.setdefault(found.category.value, []).append(detection)
    return [
        {
            "category": category,
            "detections": detections,
            "totalCount": sum(detection["count"] for detection in detections),
        }
        for category, detections in by_category.items()
    ]


def _custom(
    names: Mapping[str, str], detections: Sequence[Detection], occurrences: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Source: in real findings ``arn`` is the bare id of the identifier."""
    entries = [
        {"arn": found.identifier, "count": found.count, "name": names.get(found.identifier), "occurrences": where}
        for found, where in zip(detections, occurrences, strict=True)
        if found.category is None
    ]
    return {"detections": entries, "totalCount": sum(found["count"] for found in entries)}


def _occurrences(places: Sequence[Occurrence]) -> dict[str, list[dict[str, Any]]]:
    """Each place in the array of its kind; no array that has none.

    Source: shape Occurrences of the macie2 API.
    """
    entries: dict[str, list[dict[str, Any]]] = {}
    for place in places:
        match place:
            case Cell(row, column, name):
                cell = {"cellReference": None, "column": column, "columnName": name, "row": row}
                entries.setdefault("cells", []).append(cell)
            case LineRange(start, end, start_column):
                entries.setdefault("lineRanges", []).append({"end": end, "start": start, "startColumn": start_column})
            case Record(path, index):
                entries.setdefault("records", []).append({"jsonPath": path, "recordIndex": index})
    return entries


class _ResultPart(dict[str, Any]):
    """A part of a result record that is converted already: there can be thousands of places."""


def _result_occurrences(places: Sequence[Occurrence]) -> _ResultPart:
    arrays = _ResultPart(lineRanges=[], pages=[], records=[], cells=[])
    for place in places:
        match place:
            case Cell(row, column, None):
                arrays["cells"].append({"column": str(column), "row": str(row)})
            case Cell(row, column, name):
                arrays["cells"].append({"column": str(column), "columnName": name, "row": str(row)})
            case LineRange(start, end, start_column):
                entries = {"end": str(end), "start": str(start), "startColumn": str(start_column)}
                arrays["lineRanges"].append(entries)
            case Record(None, index):
                arrays["records"].append({"recordIndex": str(index)})
            case Record(path, index):
                arrays["records"].append({"jsonPath": path, "recordIndex": str(index)})
    return arrays


def _as_text(value: Any) -> Any:
    """The form of a result record: numbers as text, times in whole seconds, no nulls and no empty version id."""
    if isinstance(value, _ResultPart):
        return value
    if isinstance(value, dict):
        kept = {key: _as_text(element) for key, element in value.items() if element is not None}
        return {key: element for key, element in kept.items() if not (key == "versionId" and element == "")}
    if isinstance(value, list):
        return [_as_text(element) for element in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value
