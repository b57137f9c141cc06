"""The operator that carries the decisions out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.base import BEGUN_SHAPE, GateOperator
from lake_gate.decision.amendments import Amendment
from lake_gate.decision.basis import read_basis
from lake_gate.decision.decision import Decision
from lake_gate.decision.overlay import read_amendments
from lake_gate.decision.plan import CHUNK_OBJECTS
from lake_gate.decision.policy import Outcome
from lake_gate.errors import DamagedDocumentError, DecisionsStandError, combine_errors, from_aws_error
from lake_gate.lineage import Place, feed_in
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.names import map_index_name
from lake_gate.model.run import BEGUN, DECISIONS, PLAN, Run, ledger
from lake_gate.moving.sealed import remove_unsealed
from lake_gate.moving.taking_back import take_back
from lake_gate.moving.transfer import Buckets, try_all
from lake_gate.s3.documents import iter_items, load_lines, read_document_or_none, read_object, write_document_once

if TYPE_CHECKING:
    from airflow.sdk import Context


class MoveOperator(GateOperator):
    """Carry out one chunk of the decisions of one outcome: copy, verify, and (unless promoted) delete the source.

    The chunk's ledger says that its moves have begun (from then on the decisions stand), and at last where everything
    is; a chunk that is done is not touched again. Returns the number of objects that are where they should be.

    :param outcome: ``promote``, ``quarantine`` or ``hold``.
    :param chunk: ``[start, size]`` in bytes of ``decisions.jsonl`` (mapped, and never rendered as a template).
    """

    def __init__(self, *, outcome: str, chunk: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outcome = outcome
        self.chunk = chunk

    def step(self, context: Context) -> int:
        """Move, and write down where everything is now."""
        bronze, run = self.lake_settings.bronze_bucket, self.run_of(context)
        start, size = self.chunk
        done = run.document(ledger(self.outcome, start))
        if (written := read_document_or_none(self.s3, bronze, done)) is None:
            part: dict[str, Any] = {"start": start, "size": size, "version_id": self._begin(run, done + BEGUN)}
            decisions = iter_items(self.s3, bronze, run.document(DECISIONS), self._decision, **part)
            written = write_document_once(self.s3, bronze, done, jsonl.dump(self._move(run, decisions)))
        self.datasets_read = [feed_in(bronze, run)]
        self.datasets_written = [self._destination(run)]
        moved = load_lines(Moved, written, bronze, done)
        if self.outcome == Outcome.QUARANTINE:  # only now it is settled which versions count
            remove_unsealed(self.s3, self.lake_settings.quarantine_bucket, moved, run)
        # Shown as the chunk's name; nothing is left of it when all its objects were withdrawn before.
        shown = map_index_name(f"{len(moved)} from {moved[0].name}") if moved else "nothing"
        cast("dict[str, Any]", context)["moved"] = shown
        return len(moved)

    def _decision(self, line: Any) -> Decision:
        decision = Decision.from_json(line)
        if decision.outcome != self.outcome:
            raise ValueError("a decision of another outcome than its chunk")
        return decision

    def _destination(self, run: Run) -> Place:
        settings = self.lake_settings
        match Outcome(self.outcome):
            case Outcome.PROMOTE:
                return feed_in(settings.silver_bucket, run)
            case Outcome.QUARANTINE:
                return feed_in(settings.quarantine_bucket, run)
            case Outcome.HOLD:
                return feed_in(settings.bronze_bucket, run, is_held=True)

    def _begin(self, run: Run, key: str) -> str:
        """Write down that the chunk's moves begin, and on which version of the decisions; return its id."""
        bronze = self.lake_settings.bronze_bucket
        begun = json.dumps({"decisions": self._planned(run)}).encode()
        write_document_once(self.s3, bronze, key, begun)
        decisions = (read_object(self.s3, bronze, key, BEGUN_SHAPE) or {}).get("decisions")
        if decisions != self._planned(run):  # decided anew meanwhile: see DecideOperator
            raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")
        return str(decisions)

    def _planned(self, run: Run) -> str:
        bronze = self.lake_settings.bronze_bucket
        plan = read_basis(self.s3, bronze, run)
        if not plan:
            raise DamagedDocumentError(f"s3://{bronze}/{run.document(PLAN)}", "it is not there")
        return str(plan["decisions"])

    def _move(self, run: Run, planned: Iterator[Decision]) -> list[Moved]:
        """Move what is not amended, and take back what is amended when all copies are made.

        What was decided anew, more strictly, is moved by ``finding_events``; it is left out here, and not an error.
        """
        buckets = Buckets.of(self.lake_settings)
        decisions = list(planned)
        before = self._amendments(run)
        outcomes: dict[str, Moved | Exception] = {}
        for window in batched((one for one in decisions if one.name not in before), CHUNK_OBJECTS):
            tried = self._try(window, run, buckets)
            outcomes |= {one.name: outcome for one, outcome in zip(window, tried, strict=True)}
        amended = self._amendments(run)
        withdrawn = [(one, amended[one.name]) for one in decisions if one.name in amended]
        errors = take_back(self.s3, withdrawn, run, buckets)
        standing = [outcomes[one.name] for one in decisions if one.name not in amended]
        errors += [outcome for outcome in standing if isinstance(outcome, Exception)]
        if errors:
            raise combine_errors(errors)
        return [outcome for outcome in standing if isinstance(outcome, Moved)]

    def _amendments(self, run: Run) -> dict[str, Amendment]:
        return read_amendments(self.s3, self.lake_settings.bronze_bucket, run).made

    def _try(self, window: Sequence[Decision], run: Run, buckets: Buckets) -> Sequence[Moved | Exception]:
        """Move some objects; what comes after them is moved whatever happens."""
        try:
            return try_all(self.s3, window, run, buckets, keep_unsealed=True)
        except (ClientError, BotoCoreError) as error:
            return [from_aws_error(error)] * len(window)
