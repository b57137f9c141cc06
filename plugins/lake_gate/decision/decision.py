"""One decision for every landed object, on the evidence. Pure, total, fails closed.

The order of the rules is the order in :func:`_judge`; the first that applies decides. "No finding" is not evidence: an
object is promoted only when a discovery result of the job says that this very version was analysed completely, and the
policy allows everything that was found in it. Where result and finding disagree, the stricter of the two stands.
A verdict on the same bytes stands in for the result when the job left the object out, and is judged like it. What was
ever found in the same bytes, by any job and at any place, may make a decision stricter and never takes a doubt away.
What names no version, and cannot be bound to the landed one, proves nothing; what it found counts all the same: with
the landed version's ETag like all the rest, otherwise so that nothing is promoted that this alone would stop.
``docs/decisions.md`` has the whole table, and the tests hold it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from lake_gate.decision.binding import History, bind
from lake_gate.decision.policy import Facts, Outcome, Policy, Promotion
from lake_gate.decision.verdict import Verdict
from lake_gate.model import jsonl
from lake_gate.model.evidence import UNKNOWN, Detection, Evidence, Job, Observation, Severity
from lake_gate.model.manifest import LandedObject, dataset_of


class Reason(StrEnum):
    """Why an object goes there."""

    CLEAN = "clean"
    BELOW_THRESHOLD = "findings_below_threshold"
    COUNTS_DIFFER = "counts_differ"
    SEVERITIES_DIFFER = "severities_differ"
    VERDICT_REUSED = "verdict_reused"
    AT_OR_ABOVE_THRESHOLD = "findings_at_or_above_threshold"
    QUARANTINED_BY_RULE = "quarantined_by_rule"
    FOUND_IN_SAME_BYTES = "found_in_same_bytes"
    HELD_BY_RULE = "held_by_rule"
    NO_RULE_ALLOWS = "no_rule_allows"
    NOT_ANALYSED = "not_analysed"
    OTHER_VERSION_ANALYSED = "other_version_analysed"
    VERSION_NOT_NAMED = "version_not_named"
    RESULT_MISSING = "result_missing"
    VERDICT_REVOKED = "verdict_revoked"
    ANALYSIS_SKIPPED = "analysis_skipped"
    ANALYSIS_PARTIAL = "analysis_partial"
    ANALYSIS_STATUS_UNKNOWN = "analysis_status_unknown"
    ANALYSIS_REASON_UNKNOWN = "analysis_reason_unknown"
    SEVERITY_UNKNOWN = "severity_unknown"
    DETECTIONS_UNKNOWN = "detections_unknown"
    FINDING_MISSING = "finding_missing"
    FINDINGS_CAPPED = "findings_capped"
    EVIDENCE_NOT_SETTLED = "evidence_not_settled"
    JOB_NOT_COMPLETE = "job_not_complete"
    JOB_HAD_ACCESS_ERRORS = "job_had_access_errors"
    JOB_SAMPLED = "job_sampled"
    RUN_NOT_PROMOTABLE = "run_not_promotable"


CLEARED = frozenset({Reason.CLEAN, Reason.BELOW_THRESHOLD, Reason.COUNTS_DIFFER, Reason.SEVERITIES_DIFFER})
"""Why an object is promoted on what a job of its own run says."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one landed object, and why; with what a move has to know of the object.

    :param rule: name of the policy's rule that decided, None when the evidence or the threshold did.
    :param status_reason: Macie's own reason code, where it gave one (``UNSUPPORTED_FILE_TYPE_EXCEPTION``).
    :param severity: the highest severity that Macie gave this version or, elsewhere, the same bytes; or None.
    :param findings: number of this version's findings by severity (``{"High": 1}``).
    :param archived_findings: how many of them a suppression rule of the account has archived; they count all the same.
    :param detections: occurrences by identifier (``{"USA_PASSPORT_NUMBER": 12}``), here or in the same bytes elsewhere.
    :param verdict: whose verdict stood in for a result of this run's job (``run_id``, ``record_uri``, ``cleared_at``);
        then what was found includes what was found there.
    :param is_version_inferred: Macie named no version in something that counts; it can only be the landed one.
    """

    name: str
    bucket: str
    key: str
    version_id: str
    size_bytes: int
    sha256: str
    checksum: str
    part_bytes: int
    outcome: str
    reason: str
    rule: str | None
    status_reason: str | None
    severity: str | None
    findings: dict[str, int]
    archived_findings: int
    detections: dict[str, int]
    verdict: dict[str, str] | None = None
    is_version_inferred: bool = False

    @classmethod
    def from_json(cls, content: Any) -> Decision:
        """Read a line of ``decisions.jsonl``.

        :raises ValueError: when it is something else; nothing of the content is in the text.
        """
        decision = jsonl.from_dict(cls, content)
        if decision.outcome not in _OUTCOMES:
            raise ValueError("not a Decision: the outcome is not known")
        if min(decision.size_bytes, decision.part_bytes) < 0:
            raise ValueError("not a Decision: a size is less than nothing")
        return decision


_OUTCOMES = frozenset(outcome.value for outcome in Outcome)


def decide(
    manifest: Iterable[LandedObject],
    job: Job | None,
    evidence: Mapping[tuple[str, str], Evidence],
    policy: Policy,
    verdicts: Mapping[str, Verdict] | None = None,
    found: Mapping[str, Sequence[Observation]] | None = None,
    *,
    histories: Mapping[str, History] | None = None,
) -> Iterator[Decision]:
    """Yield exactly one decision per landed object, in the order of the manifest.

    :param manifest: iterated over more than once.
    :param job: None when there was none, since verdicts speak for all objects.
    :param verdicts: by name, on the objects that the job left out.
    :param found: what was ever found in certain bytes, by their SHA-256; see :mod:`lake_gate.content`.
    :param histories: by key, of the objects of which something is said without a version.
    """

    def each() -> Iterator[Decision]:
        for landed in manifest:
            verdict = verdicts.get(landed.name) if verdicts else None
            elsewhere = tuple(found.get(landed.sha256, ())) if found else ()
            said = evidence.get((landed.bucket, landed.key), Evidence())
            seen = _Seen.of(landed, said, histories.get(landed.key) if histories else None)
            yield _decide_one(landed, job, seen, policy, verdict, elsewhere)

    # Decided twice rather than kept: a run may have 100,000 objects.
    all_held = policy.promotion is Promotion.ALL_OR_NOTHING and any(d.outcome != Outcome.PROMOTE for d in each())
    return map(_held_with_its_run, each()) if all_held else each()


def unknown_objects(
    manifest: Iterable[LandedObject], evidence: Mapping[tuple[str, str], Evidence]
) -> list[tuple[str, str]]:
    """Return (bucket, key) of what Macie reports on although it was never landed by this run, sorted."""
    unknown = set(evidence)
    for landed in manifest:
        unknown.discard((landed.bucket, landed.key))
    return sorted(unknown)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a job says about the landed version of an object.

    :param results: discovery results, those of files inside an archive included.
    :param suspected: what cannot be bound to a version and has this one's ETag: it counts, and proves nothing.
    :param unplaced: what cannot be bound to a version at all.
    :param is_other_seen: something was said about another version, other bytes, or no version.
    """

    results: tuple[Observation, ...]
    findings: tuple[Observation, ...]
    suspected: tuple[Observation, ...]
    unplaced: tuple[Observation, ...]
    is_other_seen: bool
    is_inferred: bool

    @classmethod
    def of(cls, landed: LandedObject, evidence: Evidence, history: History | None) -> _Seen:
        bound = bind(landed, evidence, history)
        own, unbound = (bound.own.results, bound.own.findings), (bound.suspected, bound.unplaced)
        return cls(*own, *unbound, bound.is_other_seen, bound.is_inferred)

    def with_more(self, of_version: Evidence) -> _Seen:
        """Return this and evidence about the same version."""
        results, findings = self.results + of_version.results, self.findings + of_version.findings
        return replace(self, results=results, findings=findings)

    @property
    def everything(self) -> tuple[Observation, ...]:
        return self.results + self.findings + self.suspected

    @property
    def all_findings(self) -> tuple[Observation, ...]:
        return self.findings + tuple(seen for seen in self.suspected if seen.finding_id is not None)

    @property
    def at_worst(self) -> _Seen:
        """The same, if all that cannot be bound were about this version."""
        return replace(self, suspected=self.suspected + self.unplaced, unplaced=())

    @property
    def of_the_whole(self) -> tuple[Observation, ...]:
        """What speaks of the object itself: an archive's own record sums those of the files inside."""
        return tuple(seen for seen in self.everything if not seen.is_embedded)


def _decide_one(
    landed: LandedObject,
    job: Job | None,
    seen: _Seen,
    policy: Policy,
    verdict: Verdict | None,
    elsewhere: tuple[Observation, ...],
) -> Decision:
    used = verdict if verdict and _stands_in(verdict, landed, seen) else None
    if used:
        job, seen = used.job, seen.with_more(used.evidence_about(landed))
    outcome, reason, rule = _judge(landed, job, seen, policy)
    if verdict and verdict.is_revoked and reason is Reason.NOT_ANALYSED:
        reason = Reason.VERDICT_REVOKED
    if elsewhere:
        outcome, reason, rule = _stricter((outcome, reason, rule), _judge(landed, job, seen, policy, elsewhere))
    if outcome is Outcome.PROMOTE and seen.unplaced:
        at_worst, *_ = _judge(landed, job, seen.at_worst, policy, elsewhere)
        if at_worst is not Outcome.PROMOTE:
            outcome, reason, rule = Outcome.HOLD, Reason.VERSION_NOT_NAMED, None
    if used and outcome is Outcome.PROMOTE:
        reason = Reason.VERDICT_REUSED
    return Decision(
        name=landed.name,
        bucket=landed.bucket,
        key=landed.key,
        version_id=landed.version_id,
        size_bytes=landed.size_bytes,
        sha256=landed.sha256,
        checksum=landed.checksum,
        part_bytes=landed.part_bytes,
        outcome=outcome,
        reason=reason,
        rule=rule,
        status_reason=next((one.status_reason for one in seen.results if one.status_reason), None),
        severity=_highest_severity((*seen.everything, *elsewhere)),
        findings=_count_by_severity(seen.all_findings),
        archived_findings=len({one.finding_id for one in seen.all_findings if one.is_archived}),
        detections=_count_by_identifier(_merged((*seen.everything, *elsewhere))),
        verdict=used.source if used else None,
        is_version_inferred=seen.is_inferred,
    )


def _stands_in(verdict: Verdict, landed: LandedObject, seen: _Seen) -> bool:
    """Whether the verdict may speak where the job has not: nothing but findings about these bytes is known.

    What the job did read, or what was read in its place, is judged as it is.
    """
    is_unread = not seen.results and not seen.is_other_seen
    return is_unread and verdict.speaks_for(landed) and not verdict.is_revoked


type _Judgement = tuple[Outcome, Reason, str | None]
"""Where an object goes, why, and by which rule."""

_STRICTNESS = {Outcome.PROMOTE: 0, Outcome.HOLD: 1, Outcome.QUARANTINE: 2}


def _stricter(own: _Judgement, with_elsewhere: _Judgement) -> _Judgement:
    """Return what stands of the judgement on the run's own evidence and the one on all that is known of the bytes."""
    outcome, _, rule = with_elsewhere
    if _STRICTNESS[outcome] > _STRICTNESS[own[0]]:
        return outcome, Reason.FOUND_IN_SAME_BYTES, rule
    return with_elsewhere if outcome is own[0] is Outcome.PROMOTE else own


def _judge(
    landed: LandedObject, job: Job | None, seen: _Seen, policy: Policy, elsewhere: tuple[Observation, ...] = ()
) -> _Judgement:
    """Judge an object by what was said of it, and by what was found in the same bytes elsewhere."""
    everything = (*seen.everything, *elsewhere)
    severity = _highest_severity(everything)
    if severity and severity.rank >= policy.quarantine_threshold.rank:
        return Outcome.QUARANTINE, Reason.AT_OR_ABOVE_THRESHOLD, None
    types = frozenset(one.finding_type for one in everything if one.finding_type)
    rules = policy.matches(Facts(dataset_of(landed.name), severity, types, _merged(everything)))
    if rule := next((rule for rule in rules if rule and rule.then is Outcome.QUARANTINE), None):
        return Outcome.QUARANTINE, Reason.QUARANTINED_BY_RULE, rule.name
    if doubt := _doubt(job, seen) or _doubt_about_findings(elsewhere):
        return Outcome.HOLD, doubt, None
    if None in rules:
        return Outcome.HOLD, Reason.NO_RULE_ALLOWS, None
    if rule := next((rule for rule in rules if rule and rule.then is Outcome.HOLD), None):
        return Outcome.HOLD, Reason.HELD_BY_RULE, rule.name
    return Outcome.PROMOTE, _kind_of_promotion(seen, elsewhere), rules[0].name if rules[0] else None


def _doubt(job: Job | None, seen: _Seen) -> Reason | None:
    if job is None:
        return Reason.JOB_NOT_COMPLETE if seen.results else _why_no_result(seen)
    return _doubt_about_job(job) or _doubt_about_object(seen, job)


def _doubt_about_job(job: Job) -> Reason | None:
    if job.status != "COMPLETE":
        return Reason.JOB_NOT_COMPLETE
    if job.last_run_error != "NONE":
        return Reason.JOB_HAD_ACCESS_ERRORS
    if job.sampling_percentage != 100:
        return Reason.JOB_SAMPLED
    return None


def _doubt_about_object(seen: _Seen, job: Job) -> Reason | None:
    if not any(not one.is_embedded for one in seen.results):
        return _why_no_result(seen)
    for one in seen.everything:
        if doubt := _doubt_about_status(one):
            return doubt
    if doubt := _doubt_about_findings(seen.everything):
        return doubt
    # Macie writes one finding per object and job: where it is there, all is. One of a file inside is not the archive's.
    if not any(not one.is_embedded for one in seen.findings):
        if any(one.detections or one.severity for one in seen.everything):
            return Reason.FINDINGS_CAPPED if job.is_capped else Reason.FINDING_MISSING
        if not job.settled:
            return Reason.EVIDENCE_NOT_SETTLED
    return None


def _doubt_about_findings(found: Sequence[Observation]) -> Reason | None:
    if any(_has_unknown_severity(one) for one in found):
        return Reason.SEVERITY_UNKNOWN
    if any(detection.category == UNKNOWN for one in found for detection in one.detections):
        return Reason.DETECTIONS_UNKNOWN
    return None


def _why_no_result(seen: _Seen) -> Reason:
    if seen.results or seen.findings:
        return Reason.RESULT_MISSING
    if any(not one.version_id for one in (*seen.suspected, *seen.unplaced)):
        return Reason.VERSION_NOT_NAMED
    return Reason.OTHER_VERSION_ANALYSED if seen.is_other_seen else Reason.NOT_ANALYSED


_DOUBTFUL_STATUS = {"SKIPPED": Reason.ANALYSIS_SKIPPED, "PARTIAL": Reason.ANALYSIS_PARTIAL}
KNOWN_REASONS = frozenset(
    {
        *("ARCHIVE_CONTAINS_UNPROCESSED_FILES", "ARCHIVE_EXCEEDS_SIZE_LIMIT", "ARCHIVE_NESTING_LEVEL_OVER_LIMIT"),
        *("ARCHIVE_TOTAL_BYTES_EXTRACTED_OVER_LIMIT", "ARCHIVE_TOTAL_DOCUMENTS_PROCESSED_OVER_LIMIT"),
        *("FILE_EXCEEDS_SIZE_LIMIT", "INVALID_ENCRYPTION", "INVALID_KMS_KEY", "INVALID_OBJECT_STATE"),
        *("JSON_NESTING_LEVEL_OVER_LIMIT", "MALFORMED_FILE", "MALFORMED_OR_FILE_SIZE_EXCEEDS_LIMIT"),
        *("NO_SUCH_BUCKET_AVAILABLE", "OBJECT_VERSION_MISMATCH", "OOXML_UNCOMPRESSED_RATIO_EXCEEDS_LIMIT"),
        *("OOXML_UNCOMPRESSED_SIZE_EXCEEDS_LIMIT", "PERMISSION_DENIED", "SOURCE_OBJECT_NO_LONGER_AVAILABLE"),
        *("TIME_CUT_OFF_REACHED", "UNABLE_TO_PARSE_FILE", "UNSUPPORTED_FILE_TYPE_EXCEPTION"),
    }
)
"""Why Macie reads an object not at all, or in part. Source: shape ClassificationResultStatus of the API."""


def _doubt_about_status(one: Observation) -> Reason | None:
    if one.status == "COMPLETE":
        return Reason.ANALYSIS_REASON_UNKNOWN if one.status_reason else None
    if one.status not in _DOUBTFUL_STATUS:
        return Reason.ANALYSIS_STATUS_UNKNOWN
    if one.status_reason and one.status_reason not in KNOWN_REASONS:
        return Reason.ANALYSIS_REASON_UNKNOWN
    return _DOUBTFUL_STATUS[one.status]


def _kind_of_promotion(seen: _Seen, elsewhere: Sequence[Observation]) -> Reason:
    if not any(one.severity or one.detections for one in seen.everything):
        return Reason.BELOW_THRESHOLD if elsewhere else Reason.CLEAN
    if len({one.severity for one in seen.of_the_whole}) > 1:
        return Reason.SEVERITIES_DIFFER
    if len({frozenset(one.detections) for one in seen.of_the_whole}) > 1:
        return Reason.COUNTS_DIFFER
    return Reason.BELOW_THRESHOLD


_SEVERITIES = frozenset(Severity)


def _highest_severity(observations: Iterable[Observation]) -> Severity | None:
    known = [Severity(seen.severity) for seen in observations if seen.severity in _SEVERITIES]
    return max(known, key=lambda severity: severity.rank, default=None)


def _has_unknown_severity(seen: Observation) -> bool:
    if seen.severity is None:
        return bool(seen.detections) or seen.finding_id is not None
    return seen.severity not in _SEVERITIES


def _merged(observations: Iterable[Observation]) -> tuple[Detection, ...]:
    """Bring all detections together; a result and its finding count the same occurrences: the larger number stands."""
    largest: Counter[tuple[str, str]] = Counter()
    for seen in observations:
        within: Counter[tuple[str, str]] = Counter()
        for found in seen.detections:
            within[found.category, found.identifier] += found.count
        largest |= within
    return tuple(Detection(identifier, count, category) for (category, identifier), count in sorted(largest.items()))


def _count_by_severity(findings: Iterable[Observation]) -> dict[str, int]:
    # Sorted: what was listed twice, and differently, must not count by the order of the listing.
    ids = {seen.finding_id: seen.severity or UNKNOWN for seen in sorted(findings, key=lambda one: one.severity or "")}
    return {severity: list(ids.values()).count(severity) for severity in sorted(set(ids.values()))}


def _count_by_identifier(detections: Iterable[Detection]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for found in detections:
        counts[found.identifier] = counts.get(found.identifier, 0) + found.count
    return dict(sorted(counts.items()))


def _held_with_its_run(decision: Decision) -> Decision:
    if decision.outcome != Outcome.PROMOTE:
        return decision
    return replace(decision, outcome=Outcome.HOLD, reason=Reason.RUN_NOT_PROMOTABLE, rule=None)
