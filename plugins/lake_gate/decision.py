"""One decision for every landed object, on the evidence. Pure, total, fails closed.

The order of the rules is the order in :func:`_decide_one`; the first that applies decides. "No finding" is not
evidence: an object is promoted only when a discovery result of the job says that this very version was analysed
completely, and everything that was found in it is below the threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from lake_gate.evidence import Evidence, Job, Observation, Severity
from lake_gate.manifest import LandedObject
from lake_gate.policy import Policy, Promotion


class Outcome(StrEnum):
    """Where an object goes."""

    PROMOTE = "promote"
    QUARANTINE = "quarantine"
    HOLD = "hold"


class Reason(StrEnum):
    """Why an object goes there."""

    CLEAN = "clean"
    BELOW_THRESHOLD = "findings_below_threshold"
    AT_OR_ABOVE_THRESHOLD = "findings_at_or_above_threshold"
    NOT_ANALYSED = "not_analysed"
    OTHER_VERSION_ANALYSED = "other_version_analysed"
    ANALYSIS_SKIPPED = "analysis_skipped"
    ANALYSIS_PARTIAL = "analysis_partial"
    ANALYSIS_STATUS_UNKNOWN = "analysis_status_unknown"
    SEVERITY_UNKNOWN = "severity_unknown"
    FINDING_MISSING = "finding_missing"
    EVIDENCE_NOT_SETTLED = "evidence_not_settled"
    JOB_NOT_COMPLETE = "job_not_complete"
    JOB_HAD_ACCESS_ERRORS = "job_had_access_errors"
    JOB_SAMPLED = "job_sampled"
    RUN_NOT_PROMOTABLE = "run_not_promotable"


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one landed object, and why.

    :param status_reason: Macie's own reason code, where it gave one (``UNSUPPORTED_FILE_TYPE_EXCEPTION``).
    :param severity: the highest severity that Macie gave this version, or None.
    :param findings: number of this version's findings by severity (``{"High": 1}``).
    :param detections: occurrences by identifier (``{"USA_PASSPORT_NUMBER": 12}``).
    """

    name: str
    bucket: str
    key: str
    version_id: str
    size_bytes: int
    sha256: str
    outcome: str
    reason: str
    status_reason: str | None
    severity: str | None
    findings: dict[str, int]
    detections: dict[str, int]


def decide(
    manifest: Iterable[LandedObject], job: Job, evidence: Mapping[tuple[str, str], Evidence], policy: Policy
) -> list[Decision]:
    """Return exactly one decision per landed object, in the order of the manifest."""
    decisions = [_decide_one(landed, job, evidence.get((landed.bucket, landed.key)), policy) for landed in manifest]
    if policy.promotion is Promotion.ALL_OR_NOTHING and any(d.outcome != Outcome.PROMOTE for d in decisions):
        return [_held_with_its_run(decision) for decision in decisions]
    return decisions


def unknown_objects(
    manifest: Iterable[LandedObject], evidence: Mapping[tuple[str, str], Evidence]
) -> list[tuple[str, str]]:
    """Return (bucket, key) of what Macie reports on although it was never landed by this run, sorted."""
    return sorted(evidence.keys() - {(landed.bucket, landed.key) for landed in manifest})


def _decide_one(landed: LandedObject, job: Job, evidence: Evidence | None, policy: Policy) -> Decision:
    evidence = evidence or Evidence()
    results = tuple(seen for seen in evidence.results if _is_about(seen, landed))
    findings = tuple(seen for seen in evidence.findings if _is_about(seen, landed))
    severity = _highest(results + findings)
    if severity is not None and severity.rank >= policy.quarantine_threshold.rank:
        outcome, reason = Outcome.QUARANTINE, Reason.AT_OR_ABOVE_THRESHOLD
    elif (doubt := _doubt_about_job(job) or _doubt_about_object(evidence, results, findings)) is not None:
        outcome, reason = Outcome.HOLD, doubt
    elif not job.settled and not findings:  # Macie writes one finding per object and job: where it is there, all is
        outcome, reason = Outcome.HOLD, Reason.EVIDENCE_NOT_SETTLED
    else:
        outcome, reason = Outcome.PROMOTE, Reason.BELOW_THRESHOLD if severity else Reason.CLEAN
    return Decision(
        name=landed.name,
        bucket=landed.bucket,
        key=landed.key,
        version_id=landed.version_id,
        size_bytes=landed.size_bytes,
        sha256=landed.sha256,
        outcome=outcome,
        reason=reason,
        status_reason=next((seen.status_reason for seen in results if seen.status_reason), None),
        severity=severity,
        findings=_count_by_severity(findings),
        detections=_count_by_identifier(results + findings),
    )


def _doubt_about_job(job: Job) -> Reason | None:
    if job.status != "COMPLETE":
        return Reason.JOB_NOT_COMPLETE
    if job.last_run_error != "NONE":
        return Reason.JOB_HAD_ACCESS_ERRORS
    if job.sampling_percentage != 100:
        return Reason.JOB_SAMPLED
    return None


_DOUBTFUL_STATUS = {"SKIPPED": Reason.ANALYSIS_SKIPPED, "PARTIAL": Reason.ANALYSIS_PARTIAL}


def _doubt_about_object(
    evidence: Evidence, results: tuple[Observation, ...], findings: tuple[Observation, ...]
) -> Reason | None:
    if not results:
        return Reason.OTHER_VERSION_ANALYSED if evidence.results or evidence.findings else Reason.NOT_ANALYSED
    for seen in results + findings:
        if seen.status != "COMPLETE":
            return _DOUBTFUL_STATUS.get(seen.status, Reason.ANALYSIS_STATUS_UNKNOWN)
    if any(_has_unknown_severity(seen) for seen in results + findings):
        return Reason.SEVERITY_UNKNOWN
    if not findings and any(seen.detections or seen.severity for seen in results):
        return Reason.FINDING_MISSING
    return None


def _is_about(seen: Observation, landed: LandedObject) -> bool:
    return seen.version_id == landed.version_id and seen.etag == landed.etag


def _has_unknown_severity(seen: Observation) -> bool:
    if seen.severity is None:
        return bool(seen.detections) or seen.finding_id is not None
    return seen.severity not in set(Severity)


def _highest(observations: Iterable[Observation]) -> Severity | None:
    known = [Severity(seen.severity) for seen in observations if seen.severity in set(Severity)]
    return max(known, key=lambda severity: severity.rank, default=None)


def _count_by_severity(findings: Iterable[Observation]) -> dict[str, int]:
    ids = {seen.finding_id: seen.severity or "unknown" for seen in findings}
    return {severity: list(ids.values()).count(severity) for severity in sorted(set(ids.values()))}


def _count_by_identifier(observations: Iterable[Observation]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for seen in observations:
        for found in seen.detections:
            # A result and its finding count the same occurrences: the larger number stands, not their sum.
            counts[found.identifier] = max(found.count, counts.get(found.identifier, 0))
    return dict(sorted(counts.items()))


def _held_with_its_run(decision: Decision) -> Decision:
    if decision.outcome != Outcome.PROMOTE:
        return decision
    return replace(decision, outcome=Outcome.HOLD, reason=Reason.RUN_NOT_PROMOTABLE)
