"""Faults that the dials inject into results and findings: wrong, repeated or missing ones."""

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
    """Return the result of an object that a dial skips, None for all others."""
    dialled = _dialled(key, dials.current.analysis)
    if dialled is None or _status_and_reason(dialled)[0] != ScanStatus.SKIPPED:
        return None
    return ScanResult(*_status_and_reason(dialled), None, 0, ())


def outcome(key: str, result: ScanResult) -> ScanResult:
    """Return the result with the status and reason that a dial sets."""
    dialled = _dialled(key, dials.current.analysis)
    if dialled is None:
        return result
    status, reason = _status_and_reason(dialled)
    return replace(result, status=status, reason=reason)


def results(analysis: Analysis) -> list[Analysis]:
    """Return the analyses whose results are written: none, the analysis itself, or two copies."""
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
    published = [
        _finding(analysis, created_at)
        for analysis in analyses
        if analysis.result.detections and not _is_named(analysis.object.key, settings.findings_missing)
    ]
    return published[: settings.findings_cap]


def listed(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids that ListFindings gives for the findings."""
    doubled = dials.current.findings_doubled
    objects = (
        (finding, finding["resourcesAffected"].get("s3Object")) for finding in findings
    )  # a policy finding has no object
    again = [finding for finding, about in objects if about and _is_named(about["key"], doubled)]
    return [finding["id"] for finding in (*findings, *again)]


def _finding(analysis: Analysis, created_at: datetime) -> dict[str, Any]:
    settings, key = dials.current, analysis.object.key
    published = finding(_miscounted(analysis, _dialled(key, settings.count_lies) or 0), created_at)
    if _is_named(key, settings.findings_unversioned):
        published["resourcesAffected"]["s3Object"]["versionId"] = ""
    published["archived"] = _is_named(key, settings.findings_archived)
    if severity := _dialled(key, settings.severity_lies):
        known = severity in Severity  # an unknown severity keeps the score
        score = Severity(severity).score if known else published["severity"]["score"]
        published["severity"] = {"description": severity, "score": score}
    return published


def _miscounted(analysis: Analysis, by: int) -> Analysis:
    if not by:
        return analysis
    detections = tuple(replace(detection, count=detection.count + by) for detection in analysis.result.detections)
    return replace(analysis, result=replace(analysis.result, detections=detections))


def _status_and_reason(dialled: str) -> tuple[str, str | None]:
    status, _, reason = dialled.partition(":")
    return status, reason or None


def _is_named(key: str, ends: Sequence[str]) -> bool:
    return key.endswith(tuple(ends))


def _dialled[Value](key: str, by_end: Mapping[str, Value]) -> Value | None:
    return next((value for end, value in by_end.items() if key.endswith(end)), None)
