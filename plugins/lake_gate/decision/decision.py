"""Decide about every landed object on the evidence. Pure and total; fails closed.

``docs/decisions.md`` has the whole table, and the tests read it. In short:

* The rules are checked in the order of :func:`_judge`; the first that applies decides.
* "No finding" is not evidence. An object is promoted only if a discovery result of the job shows that exactly this
  version was analysed completely, and the policy allows everything that was found in it.
* If result and finding differ, the stricter of the two counts.
* A verdict on the same bytes replaces the result if the job left the object out, and is judged in the same way.
* Everything that was ever found in the same bytes, by any job and at any place, can make a decision stricter. It never
  makes up for missing evidence.
* An observation that is not bound to a version is not evidence for a promotion. It counts like the others if it has the
  id or the ETag of the landed version; otherwise it holds an object that it would keep from being promoted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lake_gate.decision import content_types
from lake_gate.decision.binding import History, bind
from lake_gate.decision.policy import Facts, Outcome, Policy, Promotion
from lake_gate.decision.reason import Reason
from lake_gate.decision.verdict import Verdict
from lake_gate.model import jsonl
from lake_gate.model.evidence import CUSTOM_IDENTIFIER, UNKNOWN, Detection, Evidence, Job, Observation, Severity
from lake_gate.model.manifest import LandedObject, dataset_of
from lake_gate.model.run import MASKED_PREFIX
from lake_gate.scan.scope import extension_of


@dataclass(frozen=True, slots=True)
class Decision:
    """Outcome and reason for one landed object, with the facts that a move needs.

    :param rule: name of the policy's rule that decided, None when the evidence or the threshold decided.
    :param status_reason: Macie's reason code, if any (``UNSUPPORTED_FILE_TYPE_EXCEPTION``).
    :param severity: highest severity that Macie reported for this version or, elsewhere, for the same bytes; or None.
    :param findings: number of this version's findings by severity (``{"High": 1}``).
    :param archived_findings: number of them that a suppression rule of the account has archived; they count as well.
    :param detections: occurrences by identifier (``{"USA_PASSPORT_NUMBER": 12}``), here or in the same bytes elsewhere.
    :param verdict: origin of the verdict that replaced the result of this run's job (``run_id``, ``record_uri``,
        ``cleared_at``); its results and findings are then included in the counts.
    :param is_version_inferred: an observation that counts names no version, and can only be about the landed one.
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
        """Parse a line of ``decisions.jsonl``.

        :raises ValueError: when it is not a decision; the text contains nothing of the content.
        """
        decision = jsonl.from_dict(cls, content)
        if decision.outcome not in _OUTCOMES:
            raise ValueError("not a Decision: unknown outcome")
        if min(decision.size_bytes, decision.part_bytes) < 0:
            raise ValueError("not a Decision: negative size")
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
    :param job: None without a job, because verdicts apply to all objects.
    :param evidence: by (bucket, key).
    :param verdicts: verdicts on the objects that the job left out, by name.
    :param found: observations from the index by content, by SHA-256; see :mod:`lake_gate.content`.
    :param histories: of the keys for which an observation names no version, by key.
    """

    def iter_decisions() -> Iterator[Decision]:
        for landed in manifest:
            verdict = verdicts.get(landed.name) if verdicts else None
            elsewhere = tuple(found.get(landed.sha256, ())) if found else ()
            reported = evidence.get((landed.bucket, landed.key), Evidence())
            bound = _BoundEvidence.of(landed, reported, histories.get(landed.key) if histories else None)
            yield _decide_object(landed, job, bound, policy, verdict, elsewhere)

    # Decided twice rather than kept: a run may have 100,000 objects.
    is_run_held = policy.promotion is Promotion.ALL_OR_NOTHING and not all(
        Outcome(decision.outcome).is_permission for decision in iter_decisions()
    )
    return map(hold_with_run, iter_decisions()) if is_run_held else iter_decisions()


def observations_about(
    landed: LandedObject,
    evidence: Mapping[tuple[str, str], Evidence],
    verdict: Verdict | None = None,
    elsewhere: Sequence[Observation] = (),
    history: History | None = None,
) -> tuple[Observation, ...]:
    """Return the observations from which severity and detections of the decision about an object are taken.

    :param elsewhere: from the index by content.
    """
    bound = _BoundEvidence.of(landed, evidence.get((landed.bucket, landed.key), Evidence()), history)
    if verdict and _can_replace_result(verdict, landed, bound):
        bound = bound.with_evidence(verdict.evidence_about(landed))
    return (*bound.everything, *elsewhere)


def unknown_objects(
    manifest: Iterable[LandedObject], evidence: Mapping[tuple[str, str], Evidence]
) -> list[tuple[str, str]]:
    """Return (bucket, key) of the objects in the evidence that this run did not land, sorted."""
    unknown = set(evidence)
    for landed in manifest:
        unknown.discard((landed.bucket, landed.key))
    return sorted(unknown)


@dataclass(frozen=True, slots=True)
class _BoundEvidence:
    """Evidence about the landed version of an object.

    :param results: discovery results, including those of files inside an archive.
    :param suspected: observations that are not bound to the version but have its id or ETag: their findings count, but
        they are not evidence for a promotion.
    :param unplaced: observations with neither a usable version id nor the landed ETag.
    :param has_others: there are observations about another version, other bytes, or without a version.
    """

    results: tuple[Observation, ...]
    findings: tuple[Observation, ...]
    suspected: tuple[Observation, ...]
    unplaced: tuple[Observation, ...]
    has_others: bool
    is_inferred: bool

    @classmethod
    def of(cls, landed: LandedObject, evidence: Evidence, history: History | None) -> _BoundEvidence:
        bound = bind(landed, evidence, history)
        own, unbound = (bound.own.results, bound.own.findings), (bound.suspected, bound.unplaced)
        return cls(*own, *unbound, bound.has_others, bound.is_inferred)

    def with_evidence(self, evidence: Evidence) -> _BoundEvidence:
        """Return this evidence extended by further evidence about the same version."""
        results, findings = self.results + evidence.results, self.findings + evidence.findings
        return replace(self, results=results, findings=findings)

    @property
    def everything(self) -> tuple[Observation, ...]:
        return self.results + self.findings + self.suspected

    @property
    def all_findings(self) -> tuple[Observation, ...]:
        return self.findings + tuple(
            observation for observation in self.suspected if observation.finding_id is not None
        )

    @property
    def worst_case(self) -> _BoundEvidence:
        """The evidence if all unplaced observations were about this version."""
        return replace(self, suspected=self.suspected + self.unplaced, unplaced=())

    @property
    def about_object(self) -> tuple[Observation, ...]:
        """Observations about the object itself: the record of an archive sums up those of the files inside."""
        return tuple(observation for observation in self.everything if not observation.is_embedded)


def landed_version(landed: LandedObject) -> dict[str, Any]:
    """Return the members of a decision that say which version it is about."""
    return {
        "bucket": landed.bucket,
        "key": landed.key,
        "version_id": landed.version_id,
        "size_bytes": landed.size_bytes,
        "sha256": landed.sha256,
        "checksum": landed.checksum,
        "part_bytes": landed.part_bytes,
    }


def _decide_object(
    landed: LandedObject,
    job: Job | None,
    bound: _BoundEvidence,
    policy: Policy,
    verdict: Verdict | None,
    elsewhere: tuple[Observation, ...],
) -> Decision:
    used = verdict if verdict and _can_replace_result(verdict, landed, bound) else None
    if used:
        job, bound = used.job, bound.with_evidence(used.evidence_about(landed))
    outcome, reason, rule = _judge(landed, job, bound, policy)
    if verdict and verdict.is_revoked and reason is Reason.NOT_ANALYSED:
        reason = Reason.VERDICT_REVOKED
    if elsewhere:
        outcome, reason, rule = _stricter((outcome, reason, rule), _judge(landed, job, bound, policy, elsewhere))
    if outcome.is_permission and bound.unplaced:
        worst_outcome, *_ = _judge(landed, job, bound.worst_case, policy, elsewhere)
        if worst_outcome is not outcome:
            outcome, reason, rule = Outcome.HOLD, Reason.VERSION_NOT_NAMED, None
    if used and outcome is Outcome.PROMOTE:
        reason = Reason.VERDICT_REUSED
    return Decision(
        name=landed.name,
        **landed_version(landed),
        outcome=outcome,
        reason=reason,
        rule=rule,
        status_reason=next((result.status_reason for result in bound.results if result.status_reason), None),
        severity=_highest_severity((*bound.everything, *elsewhere)),
        findings=_count_by_severity(bound.all_findings),
        archived_findings=len({finding.finding_id for finding in bound.all_findings if finding.is_archived}),
        detections=_count_by_identifier(_merge_detections((*bound.everything, *elsewhere))),
        verdict=used.source if used else None,
        is_version_inferred=bound.is_inferred,
    )


def _can_replace_result(verdict: Verdict, landed: LandedObject, bound: _BoundEvidence) -> bool:
    """Whether the verdict may replace the missing result.

    It may not if the job has read the object, or another version or other bytes in its place.
    """
    is_unread = not bound.results and not bound.has_others
    return is_unread and verdict.applies_to(landed) and not verdict.is_revoked


type _Judgement = tuple[Outcome, Reason, str | None]
"""Outcome, reason, and name of the rule."""


def _stricter(own: _Judgement, with_elsewhere: _Judgement) -> _Judgement:
    """Return the stricter judgement.

    :param own: judgement on the run's own evidence.
    :param with_elsewhere: judgement that includes the observations on the same bytes elsewhere.
    """
    outcome, _, rule = with_elsewhere
    if outcome.strictness > own[0].strictness:
        return outcome, Reason.FOUND_IN_SAME_BYTES, rule
    return with_elsewhere if outcome is own[0] is Outcome.PROMOTE else own


def _judge(
    landed: LandedObject,
    job: Job | None,
    bound: _BoundEvidence,
    policy: Policy,
    elsewhere: tuple[Observation, ...] = (),
) -> _Judgement:
    """Judge an object by the evidence about it, and by the observations on the same bytes elsewhere."""
    everything = (*bound.everything, *elsewhere)
    facts = _facts(landed, everything)
    if policy.is_threshold_reached(facts):
        return Outcome.QUARANTINE, Reason.AT_OR_ABOVE_THRESHOLD, None
    rules = policy.matches(facts)
    if rule := next((rule for rule in rules if rule and rule.then is Outcome.QUARANTINE), None):
        return Outcome.QUARANTINE, Reason.QUARANTINED_BY_RULE, rule.name
    if doubt := _doubt(landed, job, bound) or _doubt_about_findings(elsewhere):
        return Outcome.HOLD, doubt, None
    if None in rules:
        return Outcome.HOLD, Reason.NO_RULE_ALLOWS, None
    if rule := next((rule for rule in rules if rule and rule.then is Outcome.HOLD), None):
        return Outcome.HOLD, Reason.HELD_BY_RULE, rule.name
    if rule := next((rule for rule in rules if rule and rule.then is Outcome.MASK), None):
        return Outcome.MASK, Reason.MASKED_BY_RULE, rule.name
    reason = _reason_of_promotion(bound, elsewhere)
    if facts.reaches(policy.quarantine_threshold):
        reason = Reason.ALLOWED_BY_RULE
    return Outcome.PROMOTE, reason, rules[0].name if rules[0] else None


def _facts(landed: LandedObject, observations: Sequence[Observation]) -> Facts:
    return Facts(
        dataset=dataset_of(landed.name),
        severity=_highest_severity(observations),
        finding_types=frozenset(observation.finding_type for observation in observations if observation.finding_type),
        detections=_merge_detections(observations),
        is_severity_explained=all(map(_is_explained, observations)),
        is_masked_copy=landed.key.startswith(MASKED_PREFIX),
    )


_TYPES = {
    "PERSONAL_INFORMATION": "SensitiveData:S3Object/Personal",
    "FINANCIAL_INFORMATION": "SensitiveData:S3Object/Financial",
    "CREDENTIALS": "SensitiveData:S3Object/Credentials",
    CUSTOM_IDENTIFIER: "SensitiveData:S3Object/CustomIdentifier",
}
_MULTIPLE = "SensitiveData:S3Object/Multiple"


def _is_explained(observation: Observation) -> bool:
    """Whether the detections explain severity and type of an observation.

    Source: https://docs.aws.amazon.com/macie/latest/user/findings-types.html
    """
    categories = {detection.category for detection in observation.detections}
    if not categories:
        return observation.severity is None and observation.finding_type is None
    expected = _TYPES.get(*categories) if len(categories) == 1 else _MULTIPLE
    return observation.finding_type in {None, expected}


def _doubt(landed: LandedObject, job: Job | None, bound: _BoundEvidence) -> Reason | None:
    """Return the reason why the evidence does not suffice for a promotion; None if it does."""
    if job is None:
        return Reason.JOB_NOT_COMPLETE if bound.results else _reason_without_result(bound)
    return _doubt_about_job(job) or _doubt_about_object(landed, job, bound)


def _doubt_about_job(job: Job) -> Reason | None:
    if job.status != "COMPLETE":
        return Reason.JOB_NOT_COMPLETE
    if job.last_run_error != "NONE":
        return Reason.JOB_HAD_ACCESS_ERRORS
    if job.sampling_percentage != 100:
        return Reason.JOB_SAMPLED
    return None


def _doubt_about_object(landed: LandedObject, job: Job, bound: _BoundEvidence) -> Reason | None:
    if not any(not result.is_embedded for result in bound.results):
        return _reason_without_result(bound)
    for observation in bound.everything:
        if doubt := _doubt_about_status(observation):
            return doubt
    extension = extension_of(landed.name)
    if not all(content_types.fits(extension, observation.content_type) for observation in bound.about_object):
        return Reason.CONTENT_TYPE_DIFFERS
    if doubt := _doubt_about_findings(bound.everything):
        return doubt
    # Macie writes one finding per object and job, so nothing is missing if it exists. A finding about a file inside an
    # archive is not the finding about the archive.
    if not any(not finding.is_embedded for finding in bound.findings):
        if any(observation.detections or observation.severity for observation in bound.everything):
            return Reason.FINDINGS_CAPPED if job.is_capped else Reason.FINDING_MISSING
        if not job.settled:
            return Reason.EVIDENCE_NOT_SETTLED
    return None


def _doubt_about_findings(observations: Sequence[Observation]) -> Reason | None:
    if any(_has_unknown_severity(observation) for observation in observations):
        return Reason.SEVERITY_UNKNOWN
    if any(detection.category == UNKNOWN for observation in observations for detection in observation.detections):
        return Reason.DETECTIONS_UNKNOWN
    return None


def _reason_without_result(bound: _BoundEvidence) -> Reason:
    if bound.results or bound.findings:
        return Reason.RESULT_MISSING
    if any(not observation.version_id for observation in (*bound.suspected, *bound.unplaced)):
        return Reason.VERSION_NOT_NAMED
    return Reason.OTHER_VERSION_ANALYSED if bound.has_others else Reason.NOT_ANALYSED


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
"""Macie's reasons for skipping an object or parts of it. Source: shape ClassificationResultStatus of the API."""


def _doubt_about_status(observation: Observation) -> Reason | None:
    if observation.status == "COMPLETE":
        return Reason.ANALYSIS_REASON_UNKNOWN if observation.status_reason else None
    if observation.status not in _DOUBTFUL_STATUS:
        return Reason.ANALYSIS_STATUS_UNKNOWN
    if observation.status_reason and observation.status_reason not in KNOWN_REASONS:
        return Reason.ANALYSIS_REASON_UNKNOWN
    return _DOUBTFUL_STATUS[observation.status]


def _reason_of_promotion(bound: _BoundEvidence, elsewhere: Sequence[Observation]) -> Reason:
    if not any(observation.severity or observation.detections for observation in bound.everything):
        return Reason.BELOW_THRESHOLD if elsewhere else Reason.CLEAN
    if len({observation.severity for observation in bound.about_object}) > 1:
        return Reason.SEVERITIES_DIFFER
    if len({frozenset(observation.detections) for observation in bound.about_object}) > 1:
        return Reason.COUNTS_DIFFER
    return Reason.BELOW_THRESHOLD


_SEVERITIES = frozenset(Severity)


def _highest_severity(observations: Iterable[Observation]) -> Severity | None:
    known = [Severity(observation.severity) for observation in observations if observation.severity in _SEVERITIES]
    return max(known, key=lambda severity: severity.rank, default=None)


def _has_unknown_severity(observation: Observation) -> bool:
    if observation.severity is None:
        return bool(observation.detections) or observation.finding_id is not None
    return observation.severity not in _SEVERITIES


def _merge_detections(observations: Iterable[Observation]) -> tuple[Detection, ...]:
    """Merge all detections, each with its largest count: a result and its finding count the same occurrences."""
    largest: Counter[tuple[str, str]] = Counter()
    for observation in observations:
        counts: Counter[tuple[str, str]] = Counter()
        for detection in observation.detections:
            counts[detection.category, detection.identifier] += detection.count
        largest |= counts
    return tuple(Detection(identifier, count, category) for (category, identifier), count in sorted(largest.items()))


def _count_by_severity(findings: Iterable[Observation]) -> dict[str, int]:
    # Sorted, because of findings that are listed twice with different severities one is kept, whatever their order.
    ordered = sorted(findings, key=lambda finding: finding.severity or "")
    severities = {finding.finding_id: finding.severity or UNKNOWN for finding in ordered}
    return dict(sorted(Counter(severities.values()).items()))


def _count_by_identifier(detections: Iterable[Detection]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for detection in detections:
        counts[detection.identifier] = counts.get(detection.identifier, 0) + detection.count
    return dict(sorted(counts.items()))


def held_if_masked(decision: Decision) -> Decision:
    """Return the decision about an object of which no masked copy is made: a masked copy, or an object of a past run.

    It is held if only a masked copy of it may go to silver.
    """
    if decision.outcome != Outcome.MASK:
        return decision
    reason = decision.reason if decision.reason == Reason.MASKED_BY_SPEC else Reason.MASKED_BY_RULE
    if decision.key.startswith(MASKED_PREFIX):
        reason = Reason.MASKED_NOT_CLEAN
    return replace(decision, outcome=Outcome.HOLD, reason=reason)


def hold_with_run(decision: Decision) -> Decision:
    """Return the decision in a run that is all or nothing, and has an object that may not be promoted."""
    if decision.outcome != Outcome.PROMOTE:
        return decision
    return replace(decision, outcome=Outcome.HOLD, reason=Reason.RUN_NOT_PROMOTABLE, rule=None)
