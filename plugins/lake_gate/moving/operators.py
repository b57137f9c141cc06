"""Operator that carries out the decisions."""

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
from lake_gate.decision.plan import CHUNK_OBJECTS, COPIES, ORIGINALS
from lake_gate.decision.policy import Outcome
from lake_gate.errors import DamagedDocumentError, DecisionsStandError, combine_errors, from_aws_error
from lake_gate.lineage import Place, feed_in
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.names import map_index_name
from lake_gate.model.run import BEGUN, DECISIONS, PLAN, Run, ledger
from lake_gate.moving.sealed import remove_other_copies
from lake_gate.moving.taking_back import take_back
from lake_gate.moving.transfer import Buckets, try_all
from lake_gate.s3.documents import iter_items, load_lines, read_document_or_none, read_object, write_document_once

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

    @property
    def _decided(self) -> str:
        """Outcome in the decisions of the chunk."""
        return Outcome.MASK if ORIGINALS in self.chunk else self.outcome

    def step(self, context: Context) -> int:
        """Move the objects of the chunk, and write its ledger."""
        bronze, run = self.lake_settings.bronze_bucket, self.run_of(context)
        start, size, *_ = self.chunk
        run = run.masked if COPIES in self.chunk else run
        done = run.document(ledger(self._decided, start))
        if (written := read_document_or_none(self.s3, bronze, done)) is None:
            part: dict[str, Any] = {"start": start, "size": size, "version_id": self._begin(run, done + BEGUN)}
            decisions = iter_items(self.s3, bronze, run.document(DECISIONS), self._decision, **part)
            written = write_document_once(self.s3, bronze, done, jsonl.dump(self._move(run, decisions)))
        self.datasets_read = [feed_in(bronze, run)]
        self.datasets_written = [self._destination(run)]
        moved = load_lines(Moved, written, bronze, done)
        if self.outcome == Outcome.QUARANTINE:  # the ledger now names the versions that count
            remove_other_copies(self.s3, self.lake_settings.quarantine_bucket, moved, run)
        # The name of the mapped task; a chunk is empty if all its objects were withdrawn before.
        shown = map_index_name(f"{len(moved)} from {moved[0].name}") if moved else "nothing"
        cast("dict[str, Any]", context)["moved"] = shown
        return len(moved)

    def _decision(self, line: Any) -> Decision:
        decision = Decision.from_json(line)
        if decision.outcome != self._decided:
            raise ValueError("the outcome of the decision differs from that of its chunk")
        return decision

    def _destination(self, run: Run) -> Place:
        settings = self.lake_settings
        match Outcome(self.outcome):
            case Outcome.PROMOTE:
                return feed_in(settings.silver_bucket, run)
            case Outcome.QUARANTINE | Outcome.MASK:
                return feed_in(settings.quarantine_bucket, run)
            case Outcome.HOLD:
                return feed_in(settings.bronze_bucket, run, is_held=True)

    def _begin(self, run: Run, key: str) -> str:
        """Record that the chunk's moves begin, and return the version id of the decisions that they follow."""
        bronze = self.lake_settings.bronze_bucket
        begun = json.dumps({"decisions": self._planned(run)}).encode()
        write_document_once(self.s3, bronze, key, begun)
        decisions = (read_object(self.s3, bronze, key, BEGUN_SHAPE) or {}).get("decisions")
        if decisions != self._planned(run):  # the run was decided again meanwhile, see DecideOperator
            raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")
        return str(decisions)

    def _planned(self, run: Run) -> str:
        bronze = self.lake_settings.bronze_bucket
        plan = read_basis(self.s3, bronze, run)
        if not plan:
            raise DamagedDocumentError(f"s3://{bronze}/{run.document(PLAN)}", "it does not exist")
        return str(plan["decisions"])

    def _move(self, run: Run, planned: Iterator[Decision]) -> list[Moved]:
        """Move objects without an amendment, then take back copies of those that were amended meanwhile.

        Amended objects are moved by ``finding_events``; they are left out here, and their errors are ignored.
        """
        buckets = Buckets.of(self.lake_settings)
        decisions = list(planned)
        before = self._amendments(run)
        outcomes: dict[str, Moved | Exception] = {}
        for window in batched((d for d in decisions if d.name not in before), CHUNK_OBJECTS):
            tried = self._try(window, run, buckets)
            outcomes |= {decision.name: outcome for decision, outcome in zip(window, tried, strict=True)}
        amended = self._amendments(run)
        withdrawn = [(decision, amended[decision.name]) for decision in decisions if decision.name in amended]
        errors = take_back(self.s3, withdrawn, run, buckets)
        standing = [outcomes[decision.name] for decision in decisions if decision.name not in amended]
        errors += [outcome for outcome in standing if isinstance(outcome, Exception)]
        if errors:
            raise combine_errors(errors)
        return [outcome for outcome in standing if isinstance(outcome, Moved)]

    def _amendments(self, run: Run) -> dict[str, Amendment]:
        """Return the amendments by name; one to an original counts for its masked copy, too."""
        made = read_amendments(self.s3, self.lake_settings.bronze_bucket, run).made
        return {**self._amendments(run.original), **made} if run.is_masked else made

    def _try(self, window: Sequence[Decision], run: Run, buckets: Buckets) -> Sequence[Moved | Exception]:
        """Move some objects; an error of the window is returned for each of them, so that later windows still move."""
        try:
            return try_all(self.s3, window, run, buckets, keep_unsealed=True)
        except (ClientError, BotoCoreError) as error:
            return [from_aws_error(error)] * len(window)
