"""Decide again about the objects of a run, by its policy, from its evidence and later findings. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lake_gate.decision.amendments import is_stricter
from lake_gate.decision.binding import History
from lake_gate.decision.decision import Decision, decide, held_if_masked, hold_with_run, observations_about
from lake_gate.decision.exceptions import without_masked
from lake_gate.decision.policy import Outcome, Policy, Promotion
from lake_gate.decision.reason import Reason
from lake_gate.decision.verdict import Verdict
from lake_gate.model.evidence import Evidence, Job, Observation
from lake_gate.model.exception import PolicyException
from lake_gate.model.manifest import LandedObject


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions of a run, and what they are based on.

    :param manifest: objects to decide about: all of the run if it promotes all or nothing.
    :param entries: entry of each object in the run's record, by name, with its amendment.
    :param has_plan: whether the run has decided.
    :param job: None when every object was cleared by a verdict.
    :param exceptions: those in force for the run's feed now.
    :param pinned: exceptions with which the run decided.
    """

    manifest: list[LandedObject]
    entries: Mapping[str, Mapping[str, Any]]
    has_plan: bool
    policy: Policy
    job: Job | None
    evidence: Mapping[tuple[str, str], Evidence]
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    histories: Mapping[str, History] = field(default_factory=dict)
    exceptions: Sequence[PolicyException] = ()
    pinned: Sequence[PolicyException] = ()

    def exceptions_for(self, name: str, *, has_later_findings: bool) -> Sequence[PolicyException]:
        """Return the exceptions for an object: of today, if something was found later; else those of its decision.

        No masked copy is made any more, so those for masked copies count only for objects that have one.
        """
        exceptions = self.exceptions if has_later_findings else self.pinned
        return exceptions if self.outcome(name) == Outcome.MASK else without_masked(exceptions)

    def known_about(self, landed: LandedObject) -> tuple[Observation, ...]:
        """Return the run's own observations about an object."""
        verdict, history = self.verdicts.get(landed.name), self.histories.get(landed.key)
        return observations_about(landed, self.evidence, verdict, history=history)

    def masked_positions(self, name: str) -> frozenset[int]:
        """Return the positions, from 1, of the columns that are masked in the object's copy; none if not known."""
        masking = (self.entries[name].get("masked") or {}).get("masking")
        positions = masking.get("positions") if isinstance(masking, Mapping) else None
        return frozenset(each for each in (positions if isinstance(positions, list) else ()) if type(each) is int)

    def has_copy_in_silver(self, name: str) -> bool:
        """Whether the masked copy of an object was promoted, and not withdrawn since."""
        return (self.entries[name].get("masked") or {}).get("outcome") == Outcome.PROMOTE

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
    judged = [_judged(run, landed, _decide(run, landed, evidence, found), found) for landed in run.manifest]
    is_run_held = run.policy.promotion is Promotion.ALL_OR_NOTHING and not all(
        Outcome(decision.outcome).is_permission for decision in judged
    )
    for decision in judged:
        final = _held_with_run(run, decision) if is_run_held else decision
        yield final, _is_to_be_moved(run, final)


def _decide(
    run: Decided,
    landed: LandedObject,
    evidence: Mapping[tuple[str, str], Evidence],
    found: Mapping[str, Sequence[Observation]],
) -> Decision:
    """Return the decision about an object by itself."""
    each_by_itself = replace(run.policy, promotion=Promotion.EACH_BY_ITSELF)
    exceptions = run.exceptions_for(landed.name, has_later_findings=bool(found.get(landed.name)))
    more: dict[str, Any] = {"histories": run.histories, "exceptions": exceptions}
    (decision,) = decide([landed], run.job, evidence, each_by_itself, run.verdicts, **more)
    return decision


def _judged(
    run: Decided, landed: LandedObject, decided: Decision, found: Mapping[str, Sequence[Observation]]
) -> Decision:
    """Return the decision about an object by what becomes of it: no masked copies are made any more.

    :param decided: by the policy.
    """
    if run.outcome(landed.name) != Outcome.MASK:
        return held_if_masked(decided)
    later, masked = found.get(landed.name, ()), run.masked_positions(landed.name)
    return _of_masked(decided, is_still_masked=not later or _is_masked(run.known_about(landed), later, masked))


def _held_with_run(run: Decided, decision: Decision) -> Decision:
    """Return the decision in a run that is all or nothing, and has an object that may not be promoted any more."""
    if decision.outcome == Outcome.MASK and run.has_copy_in_silver(decision.name):
        return replace(decision, outcome=Outcome.QUARANTINE, reason=Reason.RUN_NOT_PROMOTABLE, rule=None)
    return hold_with_run(decision)


def _of_masked(decision: Decision, *, is_still_masked: bool) -> Decision:
    """Return a decision about the original of a masked copy: it is in quarantine, so that it cannot be held."""
    if decision.outcome == Outcome.HOLD:
        return replace(decision, outcome=Outcome.QUARANTINE)
    if decision.outcome == Outcome.MASK and not is_still_masked:
        return replace(decision, outcome=Outcome.QUARANTINE, reason=Reason.FOUND_AFTER_MASKING, rule=None)
    return decision


def _is_masked(known: Sequence[Observation], later: Sequence[Observation], masked: Collection[int]) -> bool:
    """Whether all that was found later in an original is masked in its copy, or was known when the copy was made.

    :param masked: positions of masked columns, from 1.
    """
    counts: Counter[_Identifier] = Counter()
    known_cells: defaultdict[_Identifier, Counter[int]] = defaultdict(Counter)
    for observation in known:
        for identifier, (count, cells) in _by_identifier(observation).items():
            counts[identifier] = max(counts[identifier], count)
            known_cells[identifier] |= cells

    def is_new(identifier: _Identifier, count: int, cells: Counter[int]) -> bool:
        known_here = known_cells[identifier]
        is_elsewhere = any(number > known_here[column] for column, number in cells.items() if column not in masked)
        # More than were known: those that Macie does not locate in masked columns may be anywhere.
        return is_elsewhere or sum(cells[column] for column in masked) < count > counts[identifier]

    return all(
        # The columns of a file inside an archive are not those of the object.
        not observation.is_embedded
        and observation.detections
        and not any(is_new(identifier, *found) for identifier, found in _by_identifier(observation).items())
        for observation in later
    )


type _Identifier = tuple[str, str]
"""Category and name."""


def _by_identifier(observation: Observation) -> dict[_Identifier, tuple[int, Counter[int]]]:
    """Return the number of occurrences of each identifier, and that of its located cells by column."""
    found: dict[_Identifier, tuple[int, Counter[int]]] = {}
    for detection in observation.detections:
        identifier = detection.category, detection.identifier
        count, cells = found.get(identifier, (0, Counter[int]()))
        cells.update(dict(detection.columns))
        found[identifier] = count + detection.count, cells
    return found


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
