"""The action about one object that Macie has found something in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lake_gate.decision.decision import Decision
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved

CARRIED = "same_bytes"
"""``why`` of an object that is left to its run for findings in the same bytes elsewhere: its bytes are pending, not the
findings."""


class Status(StrEnum):
    """What is done with an object."""

    MOVE = "move"
    """It is moved: the new decision is stricter, or a stricter one was not carried out completely."""
    STANDS = "stands"
    """The same policy results in the same decision."""
    KNOWN = "decided_with_by_its_run"
    """The run that landed it has the finding in the evidence of its decisions."""
    PENDING = "left_to_its_run"
    """The run that landed it is not over: the next run of ``finding_events`` decides about it."""
    ISOLATED = "isolated_already"
    """It is where this decision or a stricter one sends it."""
    GONE = "gone"
    """The version was deleted or replaced: nothing is touched."""
    LEFT = "left"
    """Readers do not trust it, and its findings are not severe enough to move it."""
    FAILED = "failed"
    """It could not be decided about, or moved: ``why`` is the class of the error; the next run tries again."""


_STATUSES = frozenset(status.value for status in Status)


@dataclass(frozen=True, slots=True)
class Action:
    """What is done with one object, and why.

    :param bucket: with ``key`` and ``version_id``: the object that Macie has analyzed.
    :param findings: severity of each finding, by id.
    :param why: reason of the decision, or of leaving the object where it is.
    :param feed: of the run that landed it, with ``folder``; empty when no run has.
    :param was: outcome before; None when nothing was decided.
    :param decision: the stricter decision, as :class:`lake_gate.decision.decision.Decision`; None: nothing is moved.
    :param silver_version_id: of the promoted copy; empty without a copy in silver.
    :param because: ids of the findings that are pending when the action fails and has no findings of its own.
    :param damaged: name of the document of its run that cannot be read; empty when all can be read.
    """

    bucket: str
    key: str
    version_id: str
    findings: dict[str, str]
    status: str
    why: str
    feed: str = ""
    folder: str = ""
    was: str | None = None
    decision: dict[str, Any] | None = None
    silver_version_id: str = ""
    because: list[str] = field(default_factory=list)
    damaged: str = ""

    @classmethod
    def from_json(cls, content: Any) -> Action:
        """Read a line of ``actions.jsonl``.

        :raises ValueError: when it is of another shape; the text never holds content.
        """
        action = jsonl.from_dict(cls, content)
        if action.status not in _STATUSES:
            raise ValueError("not an Action: unknown status")
        if action.decision is not None:
            Decision.from_json(action.decision)
        elif action.status == Status.MOVE:
            raise ValueError("not an Action: a move without a decision")
        return action

    @property
    def stricter_decision(self) -> Decision:
        """The stricter decision, typed."""
        return Decision(**(self.decision or {}))

    @property
    def place(self) -> tuple[str, str]:
        """The run whose objects are moved together, as (feed, folder); both empty for all strays."""
        return self.feed, self.folder


@dataclass(frozen=True, slots=True)
class Done:
    """The result of carrying an action out.

    :param moved: where the object is; None: no copy exists, or not at its new place.
    :param failed: class of the error; empty without an error.
    :param is_passing: whether a retry may succeed.
    """

    moved: Moved | None = None
    failed: str = ""
    is_passing: bool = False

    @classmethod
    def from_json(cls, line: Any) -> Done:
        """Read a line of a ledger.

        :raises ValueError: when it is of another shape; the text never holds content.
        """
        moved = line.get("moved") if isinstance(line, Mapping) else None
        return jsonl.from_dict(cls, line if moved is None else {**line, "moved": jsonl.from_dict(Moved, moved)})
