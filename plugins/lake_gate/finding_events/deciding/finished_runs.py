"""Decide again about objects of a run that is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from lake_gate.decision.amendments import Amendments
from lake_gate.decision.decision import Decision, hold_with_run
from lake_gate.decision.policy import Outcome, Promotion
from lake_gate.finding_events.action import Action, Status
from lake_gate.finding_events.deciding.lake import Lake
from lake_gate.finding_events.deciding.matching import Match, match_bytes
from lake_gate.finding_events.deciding.result import FindingsByKey, Result, action_about, failed_action
from lake_gate.finding_events.deciding.strays import add_copies_in_silver
from lake_gate.finding_events.moving import left_behind
from lake_gate.finding_events.reconciling import is_settled, iter_unfinished
from lake_gate.finding_events.rejudging import Decided, rejudge
from lake_gate.finding_events.runs import Landing, Place, read_decided, read_landing
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import Run

_ISOLATED = {Outcome.MASK, Outcome.QUARANTINE}
"""Outcomes of objects that are in quarantine themselves."""


def decide_again(lake: Lake, landing: Landing, direct: FindingsByKey, carried: FindingsByKey, result: Result) -> None:
    """Decide again about objects of a run by its own policy, and finish withdrawals that were begun before.

    :param direct: findings about the objects, by name.
    :param carried: findings elsewhere in the same bytes, by name.
    """
    decided, places, amendments = read_decided(lake.s3, lake.bronze, lake.silver, landing, lake.now)
    run = _FinishedRun(lake, landing, decided, amendments, result)
    landed = {item.name: item for item in landing.landed.values()}
    same = {name: run.match_all(landed[name], found, places[name]) for name, found in direct.items()}
    everything = {name: found for name in direct if (found := [*same[name], *carried[name]])}
    unfinished, settled = run.unfinished()
    because = sorted(
        {
            finding.finding_id
            for by_name in (direct, carried)
            for found in by_name.values()
            for finding in found
            if finding.finding_id
        }
    )
    for decision, is_stricter in rejudge(decided, everything):
        name = decision.name
        if is_stricter and (name in everything or decided.policy.promotion is Promotion.ALL_OR_NOTHING):
            result.actions.append(run.to_move(decision, everything.get(name, []), because))
        elif name in unfinished:
            is_recorded = settled and name in amendments.done
            result.actions.append(run.to_finish(name, same.get(name, []), because, is_recorded=is_recorded))
        elif name in everything:
            result.actions += run.unchanged(decision, same[name])
            if name not in amendments.made and decided.outcome(name) in {*_ISOLATED, Outcome.HOLD}:
                add_copies_in_silver(lake, landed[name], everything[name], result)


def hold_promoted(lake: Lake, run: Run, because: list[str]) -> list[Action]:
    """Return the actions that hold all promoted objects of a run that is all or nothing; none for other runs.

    :param because: ids of the findings that led to it.
    """
    landing = read_landing(lake.s3, lake.bronze, run, (), ())
    if landing is None or landing.is_dry or not landing.basis:
        return []
    decided, _, amendments = read_decided(lake.s3, lake.bronze, lake.silver, landing, lake.now)
    if decided.policy.promotion is not Promotion.ALL_OR_NOTHING:
        return []
    finished = _FinishedRun(lake, landing, decided, amendments, Result())
    return [
        finished.to_move(hold_with_run(replace(decision, outcome=Outcome.PROMOTE)), [], because)
        for decision, _ in rejudge(decided, {})
        if decided.outcome(decision.name) == Outcome.PROMOTE
    ]


@dataclass(frozen=True, slots=True)
class _FinishedRun:
    lake: Lake
    landing: Landing
    decided: Decided
    amendments: Amendments
    result: Result

    @property
    def place(self) -> dict[str, Any]:
        return {"feed": self.landing.run.feed, "folder": self.landing.run.folder}

    def match_all(self, landed: LandedObject, found: Iterable[Observation], places: set[Place]) -> list[Observation]:
        """Return the findings in the landed bytes; those in other bytes become strays, those gone become actions."""
        was = self.decided.outcome(landed.name)
        details: dict[str, Any] = {**self.place, "was": was}
        is_amended = landed.name in self.amendments.made
        same: list[Observation] = []
        for finding in found:
            try:
                matched = match_bytes(self.lake, finding, landed, places, was, is_amended=is_amended)
            except Exception as error:
                self.result.actions.append(failed_action([finding], error, **details))
                continue
            if matched is Match.SAME:
                same.append(finding)
            elif matched is Match.OTHER:
                self.result.strays.append(finding)
            else:
                status = Status.ISOLATED if was in _ISOLATED else Status.GONE
                self.result.actions.append(action_about([finding], status, "", **details))
        if same:
            self.result.by_content[landed.sha256] += same
        return same

    def to_move(self, decision: Decision, found: Sequence[Observation], because: list[str]) -> Action:
        """Return the action that carries out a stricter decision.

        :param because: ids of the findings that led to it.
        """
        now = self.decided.entries[decision.name]["now"] or {}
        silver = now["version_id"] if now.get("bucket") == self.lake.silver else ""
        details = {
            "was": self.decided.outcome(decision.name),
            "decision": asdict(decision),
            "silver_version_id": silver,
            "because": because,
        }
        return action_about(found, Status.MOVE, decision.reason, about=decision, **details, **self.place)

    def to_finish(self, name: str, found: Sequence[Observation], because: list[str], *, is_recorded: bool) -> Action:
        """Return the action that completes a withdrawal that was begun before.

        :param is_recorded: the run's record has the withdrawal already: only a copy is left.
        """
        amendment, was = self.amendments.made[name], self.decided.outcome(name)
        if not is_recorded:
            was = (self.decided.entries[name].get("amended") or {}).get("was", was)
        decision = amendment.decision
        details = {
            "was": was,
            "decision": asdict(decision),
            "silver_version_id": amendment.silver_version_id,
            "because": sorted({*because, *amendment.findings}),
        }
        return action_about(found, Status.MOVE, decision.reason, about=decision, **details, **self.place)

    def unchanged(self, decision: Decision, found: Sequence[Observation]) -> Iterator[Action]:
        """Yield the action about an object that stays where it is; none when the findings were only carried to it."""
        was = self.decided.outcome(decision.name)
        details: dict[str, Any] = {**self.place, "was": was}
        if new := [finding for finding in found if finding.finding_id not in self.landing.known]:
            status = Status.ISOLATED if was in _ISOLATED else Status.STANDS
            if self.decided.has_plan:
                yield action_about(new, status, decision.reason, **details)
            else:
                yield action_about(new, Status.LEFT, "below_threshold", **details)
        elif found:
            yield action_about(found, Status.KNOWN, "", **details)

    def unfinished(self) -> tuple[set[str], bool]:
        """Return the objects whose withdrawal is not complete, and whether marker and record match the amendments.

        A withdrawal is complete when it was carried out, no copy is left, and marker and record match it.
        """
        if not self.amendments.made:
            return set(), True
        lake, landing = self.lake, self.landing
        decisions = [amendment.decision for amendment in self.amendments.made.values()]
        behind = {name for _, name in left_behind(lake.s3, decisions, lake.places_of(landing.run))}
        settled = is_settled(
            *(lake.s3, lake.bronze, lake.silver, landing.run),
            *(landing.basis, landing.record, self.amendments),
            dry_run=landing.is_dry,
        )
        names = {item.name for item in self.decided.manifest}
        return names & set(iter_unfinished(self.amendments, behind, settled=settled)), settled
