"""What Macie tells about an analysis, when the dials make it lie, repeat itself or keep something back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from localaws.macie2.detection.result import ScanResult, ScanStatus
from localaws.macie2.dials import dials
from localaws.macie2.findings.documents import Analysis, finding
from localaws.macie2.identifiers.model import Severity


def unread(key: str) -> ScanResult | None:
    """Return the outcome for an object that is not to be read, None for all others."""
    said = _said(key, dials.current.analysis)
    if said is None or _status_and_reason(said)[0] != ScanStatus.SKIPPED:
        return None
    return ScanResult(*_status_and_reason(said), None, 0, ())


def outcome(key: str, result: ScanResult) -> ScanResult:
    """Return how the reading of an object is told."""
    said = _said(key, dials.current.analysis)
    if said is None:
        return result
    status, reason = _status_and_reason(said)
    return replace(result, status=status, reason=reason)


def results(analysis: Analysis) -> list[Analysis]:
    """Return what discovery results are written of: nothing, the analysis, or two of it."""
    settings = dials.current
    if _is_named(analysis.object.key, settings.results_missing):
        return []
    if _is_named(analysis.object.key, settings.results_unversioned):
        analysis = replace(analysis, object=replace(analysis.object, version_id=""))
    if _is_named(analysis.object.key, settings.results_doubled):
        return [analysis, replace(analysis, writing=2)]
    return [analysis]


def findings(analyses: Sequence[Analysis], created_at: datetime) -> list[dict[str, Any]]:
    """Return the findings that a job publishes about the objects in which something was found."""
    settings = dials.current
    told = [
        _finding(one, created_at)
        for one in analyses
        if one.result.detections and not _is_named(one.object.key, settings.findings_missing)
    ]
    return told[: settings.findings_cap]


def listed(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids that ListFindings gives for the findings."""
    doubled = dials.current.findings_doubled
    objects = ((one, one["resourcesAffected"].get("s3Object")) for one in findings)  # a policy finding is about none
    again = [one for one, about in objects if about and _is_named(about["key"], doubled)]
    return [one["id"] for one in (*findings, *again)]


def _finding(analysis: Analysis, created_at: datetime) -> dict[str, Any]:
    settings, key = dials.current, analysis.object.key
    told = finding(_miscounted(analysis, _said(key, settings.count_lies) or 0), created_at)
    if _is_named(key, settings.findings_unversioned):
        told["resourcesAffected"]["s3Object"]["versionId"] = ""
    told["archived"] = _is_named(key, settings.findings_archived)
    if severity := _said(key, settings.severity_lies):
        known = severity in Severity  # the score of one that nobody knows stays as it is
        score = Severity(severity).score if known else told["severity"]["score"]
        told["severity"] = {"description": severity, "score": score}
    return told


def _miscounted(analysis: Analysis, by: int) -> Analysis:
    if not by:
        return analysis
    detections = tuple(replace(one, count=one.count + by) for one in analysis.result.detections)
    return replace(analysis, result=replace(analysis.result, detections=detections))


def _status_and_reason(said: str) -> tuple[str, str | None]:
    status, _, reason = said.partition(":")
    return status, reason or None


def _is_named(key: str, ends: Sequence[str]) -> bool:
    return key.endswith(tuple(ends))


def _said[Value](key: str, by_end: Mapping[str, Value]) -> Value | None:
    return next((value for end, value in by_end.items() if key.endswith(end)), None)
