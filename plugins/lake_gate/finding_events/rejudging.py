"""Decide again about the objects of a run, by its policy, from its evidence and later findings. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lake_gate.decision.amendments import is_stricter
from lake_gate.decision.binding import History
from lake_gate.decision.decision import Decision, decide, held_if_masked, hold_with_run, observations_about
from lake_gate.decision.policy import Outcome, Policy, Promotion
from lake_gate.decision.reason import Reason
from lake_gate.decision.verdict import Verdict
from lake_gate.model.evidence import Detection, Evidence, Job, Observation
from lake_gate.model.manifest import LandedObject


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions of a run, and what they are based on.

    :param manifest: objects to decide about: all of the run if it promotes all or nothing.
    :param entries: entry of each object in the run's record, by name, with its amendment.
    :param has_plan: whether the run has decided.
    :param job: None when every object was cleared by a verdict.
    """

    manifest: list[LandedObject]
    entries: Mapping[str, Mapping[str, Any]]
    has_plan: bool
    policy: Policy
    job: Job | None
    evidence: Mapping[tuple[str, str], Evidence]
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    histories: Mapping[str, History] = field(default_factory=dict)

    def known_about(self, landed: LandedObject) -> tuple[Observation, ...]:
        """Return the run's own observations about an object."""
        verdict, history = self.verdicts.get(landed.name), self.histories.get(landed.key)
        return observations_about(landed, self.evidence, verdict, history=history)

    def masked_positions(self, name: str) -> frozenset[int]:
        """Return the positions, from 1, of the columns that are masked in the object's copy; none if not known."""
        positions = ((self.entries[name].get("masked") or {}).get("masking") or {}).get("positions")
        return frozenset(positions) if isinstance(positions, list) else frozenset()

    def outcome(self, name: str) -> str | None:
        """Return the outcome of an object; None when nothing was decided."""
        outcome: str | None = self.entries[name]["outcome"] if name in self.entries else None
        return outcome


def about(landed: LandedObject, finding: Observation) -> Observation:
    """Return a finding about a copy as one about the landed version, which has the same bytes."""
    return replace(finding, bucket=landed.bucket, key=landed.key, version_id=landed.version_id, etag=landed.etag)


def rejudge(run: Decided, found: Mapping[str, list[Observation]]) -> Iterator[tuple[Decision, bool]]:
    """Yield the decision about every object of the manifest, and whether it is stricter than the current one.

    :param found: later findings, by name of the object.
    """
    evidence = dict(run.evidence)
    for landed in run.manifest:
        if landed.name in found:
            own = evidence.get((landed.bucket, landed.key), Evidence())
            later = tuple(about(landed, finding) for finding in found[landed.name])
            evidence[landed.bucket, landed.key] = Evidence(own.results, own.findings + later)
    each_by_itself = replace(run.policy, promotion=Promotion.EACH_BY_ITSELF)
    decisions = decide(run.manifest, run.job, evidence, each_by_itself, run.verdicts, histories=run.histories)
    judged: Iterator[Decision] = (
        _without_mask(run, landed, decision, found.get(landed.name, ()))
        for landed, decision in zip(run.manifest, decisions, strict=True)
    )
    if run.policy.promotion is Promotion.ALL_OR_NOTHING:
        judged = _as_a_whole(run, list(judged))
    for decision in judged:
        yield decision, _is_to_be_moved(run, decision)


def _without_mask(run: Decided, landed: LandedObject, decided: Decision, later: Sequence[Observation]) -> Decision:
    """Return the decision about an object; it is ``mask`` only if its masked copy may stay in silver."""
    if run.outcome(landed.name) != Outcome.MASK:
        return held_if_masked(decided)
    is_masked = _is_masked(run.known_about(landed), later, run.masked_positions(landed.name))
    return _of_masked(decided, is_still_masked=is_masked)


def _as_a_whole(run: Decided, judged: Sequence[Decision]) -> Iterator[Decision]:
    """Yield the decisions of a run that is all or nothing; masked copies go with their originals."""
    if all(Outcome(decision.outcome).is_permission for decision in judged):
        yield from judged
        return
    for decision in judged:
        if decision.outcome == Outcome.MASK:
            yield replace(decision, outcome=Outcome.QUARANTINE, reason=Reason.RUN_NOT_PROMOTABLE, rule=None)
        else:
            held = hold_with_run(decision)
            yield _of_quarantined(held) if run.outcome(decision.name) == Outcome.MASK else held


def _of_quarantined(decision: Decision) -> Decision:
    """Return a decision about an object that is in quarantine, so that it cannot be held."""
    return replace(decision, outcome=Outcome.QUARANTINE) if decision.outcome == Outcome.HOLD else decision


def _of_masked(decision: Decision, *, is_still_masked: bool) -> Decision:
    """Return a decision about the original of a masked copy."""
    if decision.outcome == Outcome.MASK and not is_still_masked:
        return replace(decision, outcome=Outcome.QUARANTINE, reason=Reason.FOUND_AFTER_MASKING, rule=None)
    return _of_quarantined(decision)


def _is_masked(known: Sequence[Observation], later: Sequence[Observation], masked: Collection[int]) -> bool:
    """Whether all that was found later in an original is masked in its copy, or was known when the copy was made.

    :param masked: positions of masked columns, from 1.
    """
    counts: Counter[tuple[str, str]] = Counter()
    cells: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for detection in (detection for observation in known for detection in observation.detections):
        key = detection.category, detection.identifier
        counts[key] = max(counts[key], detection.count)
        cells[key] |= Counter(dict(detection.columns))

    def is_new(detection: Detection) -> bool:
        key, located = (detection.category, detection.identifier), dict(detection.columns)
        is_elsewhere = any(number > cells[key][column] for column, number in located.items() if column not in masked)
        # Macie locates some of the occurrences: of more than were known, the others may be anywhere.
        return is_elsewhere or sum(located.values()) < detection.count > counts[key]

    return all(observation.detections and not any(map(is_new, observation.detections)) for observation in later)


def _is_to_be_moved(run: Decided, decision: Decision) -> bool:
    if not run.has_plan:  # nothing was promoted: only severe objects are moved from where they were landed
        return decision.outcome == Outcome.QUARANTINE
    return is_stricter(decision.outcome, run.outcome(decision.name))


def judge_stray(stray: LandedObject, found: list[Observation], policy: Policy) -> Decision:
    """Decide about an object that no run has landed: without a discovery result it is never promoted."""
    whole_job = Job("", "COMPLETE", "NONE", 100, settled=True)  # a complete job without a result for the object
    evidence = {(stray.bucket, stray.key): Evidence((), tuple(about(stray, finding) for finding in found))}
    (decision,) = decide([stray], whole_job, evidence, policy)
    return held_if_masked(decision)
