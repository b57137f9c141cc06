"""The operator that carries the decisions out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate import jsonl
from lake_gate.base import BEGUN, BEGUN_SHAPE, DECISIONS, MOVES, PLAN, GateOperator
from lake_gate.documents import iter_items, load_lines, read_document_or_none, read_object, write_document_once
from lake_gate.errors import (
    DamagedDocumentError,
    DecisionsStandError,
    FinalGateError,
    GateError,
    from_client_error,
    from_transport_error,
)
from lake_gate.judging.basis import read_basis
from lake_gate.judging.decision import Decision
from lake_gate.judging.plan import CHUNK_OBJECTS
from lake_gate.judging.policy import Outcome
from lake_gate.lineage import Place, feed_in
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.recording.overlay import read_amendments
from lake_gate.recording.record import Moved
from lake_gate.run import Run

if TYPE_CHECKING:
    from airflow.sdk import Context


class MoveOperator(GateOperator):
    """Carry out one chunk of the decisions of one outcome: copy, verify, and (unless promoted) delete the source.

    The chunk's ledger says that its moves have begun (from then on the decisions stand), and at last where everything
    is; a chunk that is done is not touched again. Returns the number of objects that are where they should be.

    :param outcome: ``promote``, ``quarantine`` or ``hold``.
    :param chunk: ``[start, size]`` in bytes of ``decisions.jsonl`` (templated).
    """

    template_fields = (*GateOperator.template_fields, "chunk")

    def __init__(self, *, outcome: str, chunk: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outcome = outcome
        self.chunk = chunk

    def step(self, context: Context) -> int:
        """Move, and write down where everything is now."""
        bronze, run = self.the_settings.bronze_bucket, self.run_of(context)
        start, size = self.chunk
        done = run.document(ledger(self.outcome, start))
        if (written := read_document_or_none(self.s3, bronze, done)) is None:
            part: dict[str, Any] = {"start": start, "size": size, "version_id": self._begin(run, done + BEGUN)}
            of = partial(jsonl.from_dict, Decision)
            decisions = iter_items(self.s3, bronze, run.document(DECISIONS), of, **part)
            written = write_document_once(self.s3, bronze, done, jsonl.dump(self._move(run, decisions)))
        self.datasets_read = [feed_in(bronze, run)]
        self.datasets_written = [self._destination(run)]
        moved = load_lines(Moved, written, bronze, done)
        # Shown as the chunk's name; nothing is left of it when all its objects were withdrawn before.
        cast("dict[str, Any]", context)["moved"] = f"{len(moved)} from {moved[0].name}" if moved else "nothing"
        return len(moved)

    def _destination(self, run: Run) -> Place:
        settings = self.the_settings
        match Outcome(self.outcome):
            case Outcome.PROMOTE:
                return feed_in(settings.silver_bucket, run)
            case Outcome.QUARANTINE:
                return feed_in(settings.quarantine_bucket, run)
            case Outcome.HOLD:
                return feed_in(settings.bronze_bucket, run, is_held=True)

    def _begin(self, run: Run, key: str) -> str:
        """Write down that the chunk's moves begin, and on which version of the decisions; return its id."""
        bronze = self.the_settings.bronze_bucket
        begun = json.dumps({"decisions": self._planned(run)}).encode()
        write_document_once(self.s3, bronze, key, begun)
        decisions = (read_object(self.s3, bronze, key, BEGUN_SHAPE) or {}).get("decisions")
        if decisions != self._planned(run):  # decided anew meanwhile: see DecideOperator
            raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")
        return str(decisions)

    def _planned(self, run: Run) -> str:
        bronze = self.the_settings.bronze_bucket
        plan = read_basis(self.s3, bronze, run)
        if not plan:
            raise DamagedDocumentError(f"s3://{bronze}/{run.document(PLAN)}", "it is not there")
        return str(plan["decisions"])

    def _move(self, run: Run, decisions: Iterator[Decision]) -> list[Moved]:
        settings = self.the_settings
        buckets = Buckets.of(settings)
        moved: list[Moved] = []
        errors: list[GateError | FinalGateError] = []
        # What was decided anew since then, more strictly, is moved by who did so.
        amended = read_amendments(self.s3, settings.bronze_bucket, run).made
        for window in batched((one for one in decisions if one.name not in amended), CHUNK_OBJECTS):
            try:
                moved += carry_out(self.s3, list(window), run, buckets)
            except (GateError, FinalGateError) as error:  # what comes after it is moved all the same
                errors.append(error)
            except ClientError as error:
                errors.append(from_client_error(error))
            except BotoCoreError as error:
                errors.append(from_transport_error(error))
        if errors:
            raise min(errors, key=lambda error: isinstance(error, FinalGateError))
        return moved


def ledger(outcome: str, start: int) -> str:
    """Return the name of the document that says where the objects of a chunk are."""
    return f"{MOVES}{outcome}-{start}.jsonl"
