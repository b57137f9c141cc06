"""Decide about objects of a run whose documents cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lake_gate.decision.policies import DEFAULT_POLICY, read_policy
from lake_gate.decision.policy import Outcome
from lake_gate.errors import DamagedDocumentError
from lake_gate.finding_events.action import Action, Status
from lake_gate.finding_events.deciding.lake import Lake
from lake_gate.finding_events.deciding.matching import has_bytes_of, head_of
from lake_gate.finding_events.deciding.result import FindingsByKey, Result, action_about, failed_action
from lake_gate.finding_events.moving import left_behind
from lake_gate.finding_events.rejudging import judge_stray
from lake_gate.finding_events.runs import find_landed
from lake_gate.finding_events.strays import describe
from lake_gate.model.evidence import Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import Run
from lake_gate.s3.versions import head_version


def decide_damaged_run(
    lake: Lake, run: Run, direct: Mapping[str, list[Observation]], carried: FindingsByKey, damage: DamagedDocumentError
) -> Result:
    """Withdraw the objects that the default policy quarantines; all others fail with the damage.

    :param direct: findings about the run's keys, by key.
    :param carried: findings elsewhere in the bytes that the run has landed, by key.
    """
    damaged = _DamagedRun(lake, run, damage)
    for key in direct.keys() | carried.keys():
        found = [*direct.get(key, []), *carried.get(key, [])]
        try:
            damaged.result.actions += damaged.decide(key, found)
        except Exception as error:
            damaged.result.actions.append(failed_action(found, error, **damaged.details))
    return damaged.result


@dataclass(frozen=True, slots=True)
class _DamagedRun:
    lake: Lake
    run: Run
    damage: DamagedDocumentError
    result: Result = field(default_factory=Result)

    @property
    def details(self) -> dict[str, Any]:
        return {"feed": self.run.feed, "folder": self.run.folder, "damaged": self.damage.document}

    def decide(self, key: str, found: list[Observation]) -> Iterator[Action]:
        """Yield an action for each content that the findings about a key are about, and one for missing versions."""
        by_content, gone = self._sort(key, found)
        if gone:
            yield action_about(gone, Status.GONE, "", **self.details)
        policy = read_policy(DEFAULT_POLICY)[0]
        for target, observations in by_content.values():
            self.result.by_content[target.sha256] += [finding for finding in observations if finding.version_id]
            named = replace(target, name=key.removeprefix(self.run.prefix))
            decision = judge_stray(named, observations, policy)
            if decision.outcome != Outcome.QUARANTINE:
                yield failed_action(observations, self.damage, **self.details)
            elif left_behind(self.lake.s3, [decision], self.lake.places_of(self.run)):
                silver = target.version_id if target.bucket == self.lake.silver else ""
                moved: dict[str, Any] = {"decision": asdict(decision), "silver_version_id": silver}
                yield action_about(observations, Status.MOVE, decision.reason, **moved, **self.details)
            else:
                yield action_about(observations, Status.ISOLATED, "", **self.details)

    def _sort(
        self, key: str, found: list[Observation]
    ) -> tuple[dict[str, tuple[LandedObject, list[Observation]]], list[Observation]]:
        """Return the findings by SHA-256, each with the object that they are about, and those whose version is gone."""
        landed = find_landed(self.lake.s3, self.lake.bronze, self.run, key)
        by_content: dict[str, tuple[LandedObject, list[Observation]]] = {}
        gone: list[Observation] = []
        for finding in found:
            if (target := self._described(finding, landed)) is None:
                gone.append(finding)
            else:
                by_content.setdefault(target.sha256, (target, []))[1].append(finding)
        return by_content, gone

    def _described(self, finding: Observation, landed: LandedObject | None) -> LandedObject | None:
        """Return the object that a finding is about, from the manifest or from its content; None when it is gone."""
        places = {(landed.bucket, landed.version_id), (self.lake.silver, "")} if landed else set()
        if (finding.bucket, finding.version_id) in places:
            return landed
        # A finding that was carried here names neither version nor ETag: it is about the latest version.
        if finding.version_id or finding.etag:
            head = head_of(self.lake.s3, finding)
        else:
            head = head_version(self.lake.s3, finding.bucket, finding.key)
        if head is None:
            return None
        if landed and has_bytes_of(landed, head):
            return landed
        return describe(self.lake.s3, finding.bucket, finding.key, head)
