"""Operator that carries out the decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from lake_gate.base import GateOperator
from lake_gate.model.names import map_index_name

if TYPE_CHECKING:
    from airflow.sdk import Context


class MoveOperator(GateOperator):
    """Carry out one chunk of the decisions of one outcome: copy, verify, and (unless promoted) delete the source.

    The chunk first writes that its moves have begun, after which the decisions cannot change, and at the end its ledger
    of the objects' new places. A chunk with a ledger is complete and is not moved again. Returns the number of objects
    in the ledger.

    :param outcome: ``promote``, ``quarantine`` or ``hold``.
    :param chunk: ``[start, size]`` in bytes of ``decisions.jsonl`` (mapped, not templated); with ``"originals"`` as
        third item the decisions say that they are masked, with ``"copies"`` they are those of the masked run.
    """

    def __init__(self, *, outcome: str, chunk: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outcome = outcome
        self.chunk = chunk

    def step(self, context: Context) -> int:
        """Move the objects, and name the mapped task."""
        from lake_gate.moving.chunks import move_chunk

        moved = move_chunk(self, self.run_of(context))
        # A chunk is empty if all its objects were withdrawn before.
        shown = map_index_name(f"{len(moved)} from {moved[0].name}") if moved else "nothing"
        cast("dict[str, Any]", context)["moved"] = shown
        return len(moved)
