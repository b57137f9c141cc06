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
"""Why an object is left to its run when nothing was found in itself: its bytes are pending, not the findings."""


class Status(StrEnum):
    """What becomes of an object."""

    MOVE = "move"
    """It is decided more strictly than before, or such a decision is not carried out completely: it is moved."""
    STANDS = "stands"
    """The same policy comes to the same decision."""
    KNOWN = "decided_with_by_its_run"
    """The run that landed it has the finding in the evidence of its decisions."""
    PENDING = "left_to_its_run"
    """The run that landed it is not over: looked at again next time."""
    ISOLATED = "isolated_already"
    """It is where this decision would send it, or where a stricter one has."""
    GONE = "gone"
    """The version is not there any more, or was replaced: nothing is touched."""
    LEFT = "left"
    """Nobody may read it as trusted, and it is not severe enough to be moved."""
    FAILED = "failed"
    """It could not be decided about, or moved: ``why`` is the class of the error; looked at again next time."""


_STATUSES = frozenset(status.value for status in Status)


@dataclass(frozen=True, slots=True)
class Action:
    """One object, what was found, and what is done.

    :param bucket: with ``key`` and ``version_id``: what Macie has looked at.
    :param findings: severity of each finding, by id.
    :param why: reason of the decision, or what stands in for it.
    :param feed: of the run that landed it, with ``folder``; empty when none has.
    :param was: outcome until now; None when nothing was decided.
    :param decision: the stricter decision, as :class:`lake_gate.decision.decision.Decision`; None: nothing is moved.
    :param silver_version_id: of the copy that was promoted; empty when there is none.
    :param because: ids of the findings to look at again when the action fails, where it has none of its own.
    :param damaged: name of the document of its run that cannot be read; empty when all can.
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

        :raises ValueError: when it is something else; nothing of the content is in the text.
        """
        action = jsonl.from_dict(cls, content)
        if action.status not in _STATUSES:
            raise ValueError("not an Action: the status is not known")
        if action.decision is not None:
            Decision.from_json(action.decision)
        elif action.status == Status.MOVE:
            raise ValueError("not an Action: it does not say where to")
        return action

    @property
    def stricter_decision(self) -> Decision:
        """The stricter decision, typed."""
        return Decision(**(self.decision or {}))

    @property
    def place(self) -> tuple[str, str]:
        """What is moved together: the objects of one run, or all that no run has landed."""
        return self.feed, self.folder


@dataclass(frozen=True, slots=True)
class Done:
    """What carrying an action out has come to.

    :param moved: where the object is; None: nowhere any more, or not at its new place.
    :param failed: class of the error; empty when there was none.
    :param is_passing: the next try may succeed.
    """

    moved: Moved | None = None
    failed: str = ""
    is_passing: bool = False

    @classmethod
    def from_json(cls, line: Any) -> Done:
        """Read a line of a ledger.

        :raises ValueError: when it is something else; nothing of the content is in the text.
        """
        moved = line.get("moved") if isinstance(line, Mapping) else None
        return jsonl.from_dict(cls, line if moved is None else {**line, "moved": jsonl.from_dict(Moved, moved)})
