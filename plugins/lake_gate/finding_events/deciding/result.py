"""The actions that deciding about a run or a stray results in, and the findings that are left for other decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lake_gate.decision.decision import Decision
from lake_gate.errors import class_of
from lake_gate.finding_events.action import Action, Status
from lake_gate.model.evidence import Observation
from lake_gate.model.names import UNKNOWN

type FindingsByKey = dict[str, list[Observation]]
"""Findings by key or by name of the object."""


@dataclass(slots=True)
class Result:
    """The result of deciding about one run, or about one stray.

    :param strays: findings about objects that the run has not landed.
    :param by_content: findings in bytes that are known, by their SHA-256.
    """

    actions: list[Action] = field(default_factory=list)
    strays: list[Observation] = field(default_factory=list)
    by_content: defaultdict[str, list[Observation]] = field(default_factory=lambda: defaultdict(list))


def action_about(
    found: Sequence[Observation], status: Status, why: str, *, about: Decision | None = None, **more: Any
) -> Action:
    """Return the action about an object.

    :param about: identifies an object without findings of its own, which is held with its run.
    """
    target: Any = found[0] if found else about
    severities = {finding.finding_id or UNKNOWN: finding.severity or UNKNOWN for finding in found}
    return Action(target.bucket, target.key, target.version_id, severities, status, why, **more)


def failed_action(found: Sequence[Observation], error: Exception, **more: Any) -> Action:
    """Return the action about an object that could not be decided about."""
    return action_about(found, Status.FAILED, class_of(error), **more)
