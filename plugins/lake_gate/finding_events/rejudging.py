"""Decides about the objects of a run anew, on its own evidence and what was found since, by its own policy. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lake_gate.decision.amendments import is_stricter
from lake_gate.decision.binding import History
from lake_gate.decision.decision import Decision, decide
from lake_gate.decision.policy import Outcome, Policy
from lake_gate.decision.verdict import Verdict
from lake_gate.model.evidence import Evidence, Job, Observation
from lake_gate.model.manifest import LandedObject


@dataclass(frozen=True, slots=True)
class Decided:
    """What a run has decided, and on what.

    :param manifest: objects to decide about: all of the run where one that may not be promoted holds the others.
    :param entries: what its record says of each, by name; amended where it was.
    :param has_plan: whether it has decided at all.
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
        """Return where an object was sent; None when nothing was decided."""
        outcome: str | None = self.entries[name]["outcome"] if name in self.entries else None
        return outcome


def about(landed: LandedObject, found: Observation) -> Observation:
    """Return what was found in a copy as said of the landed version, of which it has the bytes."""
    return replace(found, bucket=landed.bucket, key=landed.key, version_id=landed.version_id, etag=landed.etag)


def rejudge(run: Decided, found: Mapping[str, list[Observation]]) -> Iterator[tuple[Decision, bool]]:
    """Yield the decision about every object of the manifest, and whether it is stricter than what stands.

    :param found: what was found since, by name of the object.
    """
    evidence = dict(run.evidence)
    for landed in run.manifest:
        if landed.name in found:
            own = evidence.get((landed.bucket, landed.key), Evidence())
            more = tuple(about(landed, one) for one in found[landed.name])
            evidence[landed.bucket, landed.key] = Evidence(own.results, own.findings + more)
    for decision in decide(run.manifest, run.job, evidence, run.policy, run.verdicts, histories=run.histories):
        yield decision, _is_to_be_moved(run, decision)


def _is_to_be_moved(run: Decided, decision: Decision) -> bool:
    if not run.has_plan:  # nothing of it was promoted: what is not severe stays where it was landed
        return decision.outcome == Outcome.QUARANTINE
    return is_stricter(decision.outcome, run.outcome(decision.name))


def judge_stray(stray: LandedObject, found: list[Observation], policy: Policy) -> Decision:
    """Decide about an object that no run has landed: without a discovery result it can never be promoted."""
    whole_job = Job("", "COMPLETE", "NONE", 100, settled=True)  # which says nothing of the object
    evidence = {(stray.bucket, stray.key): Evidence((), tuple(about(stray, one) for one in found))}
    (decision,) = decide([stray], whole_job, evidence, policy)
    return decision
