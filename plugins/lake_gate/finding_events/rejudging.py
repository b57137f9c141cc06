"""Decide again about the objects of a run, by its policy, from its evidence and later findings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lake_gate.decision.amendments import is_stricter
from lake_gate.decision.binding import History
from lake_gate.decision.decision import Decision, decide, held_if_masked
from lake_gate.decision.policy import Outcome, Policy
from lake_gate.decision.verdict import Verdict
from lake_gate.model.evidence import Evidence, Job, Observation
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
    for decided in decide(run.manifest, run.job, evidence, run.policy, run.verdicts, histories=run.histories):
        was_masked = run.outcome(decided.name) == Outcome.MASK
        decision = _of_quarantined(decided) if was_masked else held_if_masked(decided)
        yield decision, _is_to_be_moved(run, decision)


def _of_quarantined(decision: Decision) -> Decision:
    """Return a decision about the original of a masked copy: it is in quarantine, so that it cannot be held."""
    return replace(decision, outcome=Outcome.QUARANTINE) if decision.outcome == Outcome.HOLD else decision


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
