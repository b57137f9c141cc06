"""Carry out the decisions of a chunk: what is done is not touched again, and amendments take precedence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.base import BEGUN_SHAPE
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
from lake_gate.model.run import BEGUN, DECISIONS, PLAN, Run, ledger
from lake_gate.moving.sealed import remove_other_copies
from lake_gate.moving.taking_back import take_back
from lake_gate.moving.transfer import Buckets, try_all
from lake_gate.s3.documents import iter_items, load_lines, read_document_or_none, read_object, write_document_once

if TYPE_CHECKING:
    from lake_gate.moving.operators import MoveOperator


def move_chunk(operator: MoveOperator, run: Run) -> list[Moved]:
    """Move the objects of the operator's chunk, and write its ledger; return the lines of the ledger.

    :param run: of the task; the chunk may be one of its masked run.
    """
    bronze = operator.lake_settings.bronze_bucket
    start, size, *_ = operator.chunk
    run = run.masked if COPIES in operator.chunk else run
    done = run.document(ledger(_decided(operator), start))
    if (written := read_document_or_none(operator.s3, bronze, done)) is None:
        part: dict[str, Any] = {"start": start, "size": size, "version_id": _begin(operator, run, done + BEGUN)}
        decisions = iter_items(operator.s3, bronze, run.document(DECISIONS), partial(_decision, operator), **part)
        written = write_document_once(operator.s3, bronze, done, jsonl.dump(_move(operator, run, decisions)))
    operator.datasets_read = [feed_in(bronze, run)]
    operator.datasets_written = [_destination(operator, run)]
    moved = load_lines(Moved, written, bronze, done)
    if operator.outcome == Outcome.QUARANTINE:  # the ledger now names the versions that count
        remove_other_copies(operator.s3, operator.lake_settings.quarantine_bucket, moved, run)
    return moved


def _decided(operator: MoveOperator) -> str:
    """Return the outcome in the decisions of the chunk."""
    return Outcome.MASK if ORIGINALS in operator.chunk else operator.outcome


def _decision(operator: MoveOperator, line: Any) -> Decision:
    decision = Decision.from_json(line)
    if decision.outcome != _decided(operator):
        raise ValueError("the outcome of the decision differs from that of its chunk")
    return decision


def _destination(operator: MoveOperator, run: Run) -> Place:
    settings = operator.lake_settings
    match Outcome(operator.outcome):
        case Outcome.PROMOTE:
            return feed_in(settings.silver_bucket, run)
        case Outcome.QUARANTINE | Outcome.MASK:
            return feed_in(settings.quarantine_bucket, run)
        case Outcome.HOLD:
            return feed_in(settings.bronze_bucket, run, is_held=True)


def _begin(operator: MoveOperator, run: Run, key: str) -> str:
    """Record that the chunk's moves begin, and return the version id of the decisions that they follow."""
    bronze = operator.lake_settings.bronze_bucket
    begun = json.dumps({"decisions": _planned(operator, run)}).encode()
    write_document_once(operator.s3, bronze, key, begun)
    decisions = (read_object(operator.s3, bronze, key, BEGUN_SHAPE) or {}).get("decisions")
    if decisions != _planned(operator, run):  # the run was decided again meanwhile, see DecideOperator
        raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")
    return str(decisions)


def _planned(operator: MoveOperator, run: Run) -> str:
    bronze = operator.lake_settings.bronze_bucket
    plan = read_basis(operator.s3, bronze, run)
    if not plan:
        raise DamagedDocumentError(f"s3://{bronze}/{run.document(PLAN)}", "it does not exist")
    return str(plan["decisions"])


def _move(operator: MoveOperator, run: Run, planned: Iterator[Decision]) -> list[Moved]:
    """Move objects without an amendment, then take back copies of those that were amended meanwhile.

    Amended objects are moved by ``finding_events``; they are left out here, and their errors are ignored.
    """
    buckets = Buckets.of(operator.lake_settings)
    decisions = list(planned)
    before = _amendments(operator, run)
    outcomes: dict[str, Moved | Exception] = {}
    for window in batched((d for d in decisions if d.name not in before), CHUNK_OBJECTS):
        tried = _try(operator, window, run, buckets)
        outcomes |= {decision.name: outcome for decision, outcome in zip(window, tried, strict=True)}
    amended = _amendments(operator, run)
    withdrawn = [(decision, amended[decision.name]) for decision in decisions if decision.name in amended]
    errors = take_back(operator.s3, withdrawn, run, buckets)
    standing = [outcomes[decision.name] for decision in decisions if decision.name not in amended]
    errors += [outcome for outcome in standing if isinstance(outcome, Exception)]
    if errors:
        raise combine_errors(errors)
    return [outcome for outcome in standing if isinstance(outcome, Moved)]


def _amendments(operator: MoveOperator, run: Run) -> dict[str, Amendment]:
    """Return the amendments by name; one to an original counts for its masked copy, too."""
    made = read_amendments(operator.s3, operator.lake_settings.bronze_bucket, run).made
    return {**_amendments(operator, run.original), **made} if run.is_masked else made


def _try(operator: MoveOperator, window: Sequence[Decision], run: Run, buckets: Buckets) -> Sequence[Moved | Exception]:
    """Move some objects; an error of the window is returned for each of them, so that later windows still move."""
    try:
        return try_all(operator.s3, window, run, buckets, keep_unsealed=True)
    except (ClientError, BotoCoreError) as error:
        return [from_aws_error(error)] * len(window)
