"""The tags of a copy: all of the object's own, and of the gate's as many as S3 has room for. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from lake_gate.decision.decision import Decision, Reason
from lake_gate.decision.policy import Outcome
from lake_gate.model.run import Run
from lake_gate.scan.scope import REUSED_TAG

MOST_TAGS = 10
MAX_TAG_CHARACTERS = 256
"""Limits of S3. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html"""
SEAL_TAG, SECOND_SEAL_TAG = "checksum", "lake_gate_checksum"
"""Names of the tag that says which bytes a verified copy in quarantine holds; the second where an object has the first.

Tags that begin with ``lake_gate_`` are the gate's, whatever their values are.
"""
_OUTCOMES, _REASONS = frozenset(Outcome), frozenset(Reason)


def own_tags(tags: Mapping[str, str], run: Run) -> dict[str, str]:
    """Return the tags of an object without those that the gate has given it, here or at an earlier place.

    A tag that has the name of one of the gate's and a value that the gate never gives is the object's own.
    """
    is_gates = {
        "decision": tags.get("decision") in _OUTCOMES,
        "reason": tags.get("reason") in _REASONS,
        REUSED_TAG: True,
        SECOND_SEAL_TAG: True,
    }
    is_gates["run"] = tags.get("run") == value_of_run(run) or (is_gates["decision"] and is_gates["reason"])
    return {name: value for name, value in tags.items() if not is_gates.get(name)}


def gates_tags(decision: Decision, run: Run) -> dict[str, str]:
    """Return the gate's tags, the most useful one first: why an object is held, else which run has copied it."""
    values = {"run": value_of_run(run), "decision": decision.outcome, "reason": decision.reason[:MAX_TAG_CHARACTERS]}
    first = ("reason", "run") if decision.outcome == Outcome.HOLD else ("run", "decision")
    return {name: values[name] for name in dict.fromkeys((*first, *values))}


def joined(own: Mapping[str, str], gates: Mapping[str, str], room: int) -> dict[str, str]:
    """Return all own tags, and as many of the gate's as fit; a name that an object uses itself stays its own.

    :param room: how many tags there may be.
    """
    free = [name for name in gates if name not in own]
    return {**own, **{name: gates[name] for name in free[: max(0, room - len(own))]}}


def value_of_run(run: Run) -> str:
    """Return the value of the tag ``run``."""
    return run.folder[:MAX_TAG_CHARACTERS]
