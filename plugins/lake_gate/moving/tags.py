"""Tags of a copy: all of the object's own, and as many of the gate's as S3 allows. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from lake_gate.decision.reason import Reason
from lake_gate.model.run import Run
from lake_gate.scan.scope import REUSED_TAG

MAX_TAGS = 10
MAX_TAG_CHARACTERS = 256
"""Limits of S3. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html"""
SEAL_TAG, SECOND_SEAL_TAG = "checksum", "lake_gate_checksum"
"""Names of the tag that seals a verified copy in quarantine; the second is used if the object has the first itself.

Tags that begin with ``lake_gate_`` are the gate's, whatever their values are.
"""
_OUTCOMES, _REASONS = frozenset(Outcome), frozenset(Reason)


def own_tags(tags: Mapping[str, str], run: Run) -> dict[str, str]:
    """Return the tags of an object without those that the gate has set, here or at an earlier place.

    A tag with the name of a gate's tag and a value that the gate never sets is the object's own.
    """
    is_set_by_gate = {
        "decision": tags.get("decision") in _OUTCOMES,
        "reason": tags.get("reason") in _REASONS,
        REUSED_TAG: True,
        SECOND_SEAL_TAG: True,
    }
    is_set_by_gate["run"] = tags.get("run") == run_tag_value(run) or (
        is_set_by_gate["decision"] and is_set_by_gate["reason"]
    )
    return {name: value for name, value in tags.items() if not is_set_by_gate.get(name)}


def gate_tags(decision: Decision, run: Run) -> dict[str, str]:
    """Return the gate's tags, the most useful first: for held objects the reason, for others the run."""
    values = {"run": run_tag_value(run), "decision": decision.outcome, "reason": decision.reason[:MAX_TAG_CHARACTERS]}
    first = ("reason", "run") if decision.outcome == Outcome.HOLD else ("run", "decision")
    return {name: values[name] for name in dict.fromkeys((*first, *values))}


def combined(own: Mapping[str, str], gates: Mapping[str, str], room: int) -> dict[str, str]:
    """Return all own tags, and as many of the gate's as fit; an own tag wins over a gate's of the same name.

    :param room: maximum number of tags.
    """
    free = [name for name in gates if name not in own]
    return {**own, **{name: gates[name] for name in free[: max(0, room - len(own))]}}


def run_tag_value(run: Run) -> str:
    """Return the value of the tag ``run``."""
    return run.folder[:MAX_TAG_CHARACTERS]
