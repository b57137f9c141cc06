"""Decide about every landed object on the evidence. Pure and total; fails closed.

``docs/decisions.md`` has the whole table, and the tests read it. In short:

* The rules are checked in the order of :func:`_judge`; the first that applies decides.
* "No finding" is not evidence. An object is promoted only if a discovery result of the job shows that exactly this
  version was analysed completely, and the policy allows everything that was found in it.
* If result and finding differ, the stricter of the two counts.
* A verdict on the same bytes replaces the result if the job left the object out, and is judged in the same way.
* Everything that was ever found in the same bytes, by any job and at any place, can make a decision stricter. It never
  makes up for missing evidence.
* Exceptions leave out detections from the facts that threshold and rules are compared with, and nothing else.
* An observation that is not bound to a version is not evidence for a promotion. It counts like the others if it has the
  id or the ETag of the landed version; otherwise it holds an object that it would keep from being promoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lake_gate.decision.binding import History
from lake_gate.decision.doubts import BoundEvidence, doubt_about, doubt_about_findings
from lake_gate.decision.exceptions import by_scope, excused_in, in_scope, without_masked
from lake_gate.decision.facts import (
    count_by_identifier,
    count_by_severity,
    facts_of,
    highest_severity,
    merge_detections,
)
from lake_gate.decision.policy import Outcome, Policy, Promotion
from lake_gate.decision.reason import Reason
from lake_gate.decision.verdict import Verdict
from lake_gate.model import jsonl
from lake_gate.model.evidence import Evidence, Job, Observation
from lake_gate.model.exception import PolicyException
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MASKED_PREFIX


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
    :param exceptions: ids of the exceptions without which the outcome would be stricter.
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
    exceptions: tuple[str, ...] = ()

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
    exceptions: Sequence[PolicyException] = (),
) -> Iterator[Decision]:
    """Yield exactly one decision per landed object, in the order of the manifest.

    :param manifest: iterated over more than once.
    :param job: None without a job, because verdicts apply to all objects.
    :param evidence: by (bucket, key).
    :param verdicts: verdicts on the objects that the job left out, by name.
    :param found: observations from the index by content, by SHA-256; see :mod:`lake_gate.content`.
    :param histories: of the keys for which an observation names no version, by key.
    :param exceptions: those in force; see :func:`lake_gate.decision.exceptions.in_force`.
    """

    scopes = by_scope(exceptions)

    def iter_decisions() -> Iterator[Decision]:
        for landed in manifest:
            verdict = verdicts.get(landed.name) if verdicts else None
            elsewhere = tuple(found.get(landed.sha256, ())) if found else ()
            reported = evidence.get((landed.bucket, landed.key), Evidence())
            bound = BoundEvidence.of(landed, reported, histories.get(landed.key) if histories else None)
            yield _decide_object(landed, job, bound, policy, verdict, elsewhere, in_scope(scopes, landed))

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
    bound = BoundEvidence.of(landed, evidence.get((landed.bucket, landed.key), Evidence()), history)
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
    bound: BoundEvidence,
    policy: Policy,
    verdict: Verdict | None,
    elsewhere: tuple[Observation, ...],
    exceptions: Sequence[PolicyException],
) -> Decision:
    used = verdict if verdict and _can_replace_result(verdict, landed, bound) else None
    if used:
        job, bound = used.job, bound.with_evidence(used.evidence_about(landed))
    judged = _Judging(landed, job, bound, policy, elsewhere).judge_with(exceptions)
    reason = judged.reason
    if verdict and verdict.is_revoked and reason is Reason.NOT_ANALYSED:
        reason = Reason.VERDICT_REVOKED
    if used and judged.outcome is Outcome.PROMOTE and not judged.exceptions:
        reason = Reason.VERDICT_REUSED
    return Decision(
        name=landed.name,
        **landed_version(landed),
        outcome=judged.outcome,
        reason=reason,
        rule=judged.rule,
        status_reason=next((result.status_reason for result in bound.results if result.status_reason), None),
        severity=highest_severity((*bound.everything, *elsewhere)),
        findings=count_by_severity(bound.all_findings),
        archived_findings=len({finding.finding_id for finding in bound.all_findings if finding.is_archived}),
        detections=count_by_identifier(merge_detections((*bound.everything, *elsewhere))),
        verdict=used.source if used else None,
        is_version_inferred=bound.is_inferred,
        exceptions=judged.exceptions,
    )


def _can_replace_result(verdict: Verdict, landed: LandedObject, bound: BoundEvidence) -> bool:
    """Whether the verdict may replace the missing result.

    It may not if the job has read the object, or another version or other bytes in its place.
    """
    is_unread = not bound.results and not bound.has_others
    return is_unread and verdict.applies_to(landed) and not verdict.is_revoked


@dataclass(frozen=True, slots=True)
class _Judgement:
    """Outcome, reason, name of the rule, and ids of the exceptions that made the outcome looser."""

    outcome: Outcome
    reason: Reason
    rule: str | None = None
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Judging:
    """Judgements about an object by the evidence about it, and by the observations on the same bytes elsewhere."""

    landed: LandedObject
    job: Job | None
    bound: BoundEvidence
    policy: Policy
    elsewhere: tuple[Observation, ...]

    def judge_with(self, exceptions: Sequence[PolicyException]) -> _Judgement:
        """Return the judgement without the exceptions, or a looser one with them."""
        judgement = self._judge(())
        if as_is := without_masked(exceptions):
            judgement = _looser(judgement, self._excused(as_is))
        if len(as_is) < len(exceptions):
            judgement = _looser(judgement, _masked(self._excused(exceptions)))
        return judgement

    def _excused(self, exceptions: Sequence[PolicyException]) -> _Judgement:
        everything = (*self.bound.everything, *self.elsewhere)
        by = excused_in(self.landed, everything, self.bound.results, exceptions).by
        judgement = replace(self._judge(exceptions), exceptions=by)
        if judgement.outcome is Outcome.PROMOTE:
            return replace(judgement, reason=Reason.ALLOWED_BY_EXCEPTION)
        return judgement

    def _judge(self, exceptions: Sequence[PolicyException]) -> _Judgement:
        judgement = self._judge_on(self.bound, (), exceptions)
        if self.elsewhere:
            judgement = _stricter(judgement, self._judge_on(self.bound, self.elsewhere, exceptions))
        if judgement.outcome.is_permission and self.bound.unplaced:
            worst = self._judge_on(self.bound.worst_case, self.elsewhere, exceptions)
            if worst.outcome is not judgement.outcome:
                return _Judgement(Outcome.HOLD, Reason.VERSION_NOT_NAMED)
        return judgement

    def _judge_on(
        self, bound: BoundEvidence, elsewhere: tuple[Observation, ...], exceptions: Sequence[PolicyException]
    ) -> _Judgement:
        everything = (*bound.everything, *elsewhere)
        excused = excused_in(self.landed, everything, bound.results, exceptions)
        facts = facts_of(self.landed, everything, excused.remaining(everything))
        if self.policy.is_threshold_reached(facts):
            return _Judgement(Outcome.QUARANTINE, Reason.AT_OR_ABOVE_THRESHOLD)
        rules = self.policy.matches(facts)
        if rule := next((rule for rule in rules if rule and rule.then is Outcome.QUARANTINE), None):
            return _Judgement(Outcome.QUARANTINE, Reason.QUARANTINED_BY_RULE, rule.name)
        if doubt := doubt_about(self.landed, self.job, bound) or doubt_about_findings(elsewhere):
            return _Judgement(Outcome.HOLD, doubt)
        if None in rules:
            return _Judgement(Outcome.HOLD, Reason.NO_RULE_ALLOWS)
        if rule := next((rule for rule in rules if rule and rule.then is Outcome.HOLD), None):
            return _Judgement(Outcome.HOLD, Reason.HELD_BY_RULE, rule.name)
        if rule := next((rule for rule in rules if rule and rule.then is Outcome.MASK), None):
            return _Judgement(Outcome.MASK, Reason.MASKED_BY_RULE, rule.name)
        reason = _reason_of_promotion(bound, elsewhere)
        if facts.reaches(self.policy.quarantine_threshold):
            reason = Reason.ALLOWED_BY_RULE
        return _Judgement(Outcome.PROMOTE, reason, rules[0].name if rules[0] else None)


def _stricter(own: _Judgement, with_elsewhere: _Judgement) -> _Judgement:
    """Return the stricter judgement.

    :param own: judgement on the run's own evidence.
    :param with_elsewhere: judgement that includes the observations on the same bytes elsewhere.
    """
    if with_elsewhere.outcome.strictness > own.outcome.strictness:
        return replace(with_elsewhere, reason=Reason.FOUND_IN_SAME_BYTES)
    return with_elsewhere if with_elsewhere.outcome is own.outcome is Outcome.PROMOTE else own


def _looser(judgement: _Judgement, excused: _Judgement) -> _Judgement:
    """Return the judgement with exceptions if it is looser, and names them."""
    is_looser = excused.outcome.strictness < judgement.outcome.strictness
    return excused if excused.exceptions and is_looser else judgement


def _masked(judgement: _Judgement) -> _Judgement:
    """Return the judgement with exceptions by which only a masked copy may be promoted."""
    if judgement.outcome is not Outcome.PROMOTE:
        return judgement
    return replace(judgement, outcome=Outcome.MASK, reason=Reason.MASKED_BY_EXCEPTION)


def _reason_of_promotion(bound: BoundEvidence, elsewhere: Sequence[Observation]) -> Reason:
    if not any(observation.severity or observation.detections for observation in bound.everything):
        return Reason.BELOW_THRESHOLD if elsewhere else Reason.CLEAN
    if len({observation.severity for observation in bound.about_object}) > 1:
        return Reason.SEVERITIES_DIFFER
    if len({frozenset(observation.detections) for observation in bound.about_object}) > 1:
        return Reason.COUNTS_DIFFER
    return Reason.BELOW_THRESHOLD


_MASKED_BY = frozenset({Reason.MASKED_BY_SPEC, Reason.MASKED_BY_EXCEPTION})


def held_if_masked(decision: Decision) -> Decision:
    """Return the decision about an object of which no masked copy is made: a masked copy, or an object of a past run.

    It is held if only a masked copy of it may go to silver.
    """
    if decision.outcome != Outcome.MASK:
        return decision
    reason = decision.reason if decision.reason in _MASKED_BY else Reason.MASKED_BY_RULE
    if decision.key.startswith(MASKED_PREFIX):
        reason = Reason.MASKED_NOT_CLEAN
    return replace(decision, outcome=Outcome.HOLD, reason=reason)


def hold_with_run(decision: Decision) -> Decision:
    """Return the decision in a run that is all or nothing, and has an object that may not be promoted."""
    if decision.outcome != Outcome.PROMOTE:
        return decision
    return replace(decision, outcome=Outcome.HOLD, reason=Reason.RUN_NOT_PROMOTABLE, rule=None)
