"""Commit the decisions about the objects of a run: write them with their plan, unless moves have begun on others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from lake_gate.decision.columns import ColumnLine, Judgement, lines_of, sentence
from lake_gate.decision.decision import Decision
from lake_gate.decision.earlier import write_columns
from lake_gate.decision.judging import Judged
from lake_gate.decision.plan import Chunks, plan
from lake_gate.decision.standing import pin_exceptions
from lake_gate.errors import DecisionsStandError
from lake_gate.model import jsonl
from lake_gate.model.evidence import Observation
from lake_gate.model.names import loggable
from lake_gate.model.run import COLUMNS, DECISIONS, FOUND, PLAN, Run
from lake_gate.s3.documents import put_version, read_document_or_none, write_document, write_version

if TYPE_CHECKING:
    from lake_gate.decision.operators import DecideOperator

_MOST_LOGGED = 100


def commit(operator: DecideOperator, run: Run, judged: Judged, decided: Iterable[Decision], **facts: Any) -> Chunks:
    """Write the decisions, their plan, and what they rest on.

    :param decided: the decisions, which may be stricter than those of the judgement.
    :param facts: further facts of the plan.
    """
    noted: dict[str, Judgement] = {}
    decisions, chunks = plan(_noted(decided, noted))
    is_dry_run = operator.is_dry(run, operator.is_dry_run)
    _log_counts(operator, noted, is_dry_run=is_dry_run)
    version_id = _write_decisions(operator, run, decisions)
    _write_plan(operator, run, {"decisions": version_id, "chunks": chunks, **judged.planned, **facts}, judged)

    def lines() -> Iterator[ColumnLine]:
        for landed in judged.manifest:
            yield from lines_of(landed, noted[landed.name], judged.observations_about(landed), judged.policy)

    write_columns(operator.s3, operator.lake_settings.bronze_bucket, run, lines)
    _log_columns(operator, lines())
    return {outcome: [] for outcome in chunks} if is_dry_run else chunks


def _noted(decisions: Iterable[Decision], judged: dict[str, Judgement]) -> Iterator[Decision]:
    """Yield the decisions, and note the judgement of each by its name."""
    for decided in decisions:
        judged[decided.name] = decided.outcome, decided.reason, decided.rule
        yield decided


def _log_counts(operator: DecideOperator, judged: Mapping[str, Judgement], *, is_dry_run: bool) -> None:
    """Log the number of decisions by outcome and reason."""
    counts = Counter(f"{outcome} ({reason})" for outcome, reason, _ in judged.values())
    text = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items())) or "nothing was delivered"
    operator.log.info("%s: %s", "Dry run, nothing is moved. Would be decided" if is_dry_run else "Decided", text)


def _log_columns(operator: DecideOperator, lines: Iterable[ColumnLine]) -> None:
    """Log the columns for which objects are quarantined or held, as far as they have room."""
    deciding = (line for line in lines if line.decided)
    shown = list(islice(deciding, _MOST_LOGGED + 1))
    if shown:
        text = "\n".join(loggable(f"{line.name}: {sentence(line)}") for line in shown[:_MOST_LOGGED])
        more = f"\nand more; see {COLUMNS}" if len(shown) > _MOST_LOGGED else ""
        operator.log.info("What the files are quarantined or held for:\n%s%s", text, more)


def _write_decisions(operator: DecideOperator, run: Run, lines: bytes) -> str:
    """Write the decisions unless the same are there; replace others only if no move has begun.

    :return: version id of the document.
    :raises DecisionsStandError: when moves have begun on other decisions.
    """
    bronze, key = operator.lake_settings.bronze_bucket, run.document(DECISIONS)
    version_id, is_this = write_version(operator.s3, bronze, key, lines)
    if not is_this and not operator.begun(run):
        version_id, is_this = write_version(operator.s3, bronze, key, lines, replacing=version_id)
    if not is_this:
        raise DecisionsStandError(f"s3://{bronze}/{key}")
    return version_id


def _write_plan(operator: DecideOperator, run: Run, planned: dict[str, Any], judged: Judged) -> None:
    """Write the plan; like the decisions, it is kept once moves have begun.

    A move records that it begins before it reads the plan, so that at least one of the two sees the other.

    :raises DecisionsStandError: when a move has begun on other decisions meanwhile.
    """
    bronze, key = operator.lake_settings.bronze_bucket, run.document(PLAN)
    if not (operator.begun(run) and read_document_or_none(operator.s3, bronze, key)):
        pins = pin_exceptions(operator.s3, bronze, run, judged.standing.exceptions)
        if judged.found:
            pins[FOUND] = _write_found(operator, run, judged.found)
        planned["evidence"] = {**planned["evidence"], **pins}
        write_document(operator.s3, bronze, key, json.dumps(planned).encode())
    if any(begun["decisions"] != planned["decisions"] for begun in operator.begun(run)):
        raise DecisionsStandError(f"s3://{bronze}/{run.document(DECISIONS)}")


def _write_found(operator: DecideOperator, run: Run, found: Mapping[str, Sequence[Observation]]) -> str:
    """Write the observations from the index by content, so that later decisions can use the same ones.

    :return: version id of the document.
    """
    lines = (
        jsonl.to_line({"sha256": sha256, "found": [observation.to_json() for observation in observations]})
        for sha256, observations in sorted(found.items())
    )
    return put_version(operator.s3, operator.lake_settings.bronze_bucket, run.document(FOUND), b"".join(lines))
