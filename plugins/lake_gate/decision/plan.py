"""Split the decisions of a run into chunks for mapped tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from lake_gate.model import jsonl

CHUNK_OBJECTS = 1000
"""Objects that one mapped task moves, unless an outcome would have more than :data:`MOST_CHUNKS` chunks."""
MOST_CHUNKS = 100
"""Most chunks of one outcome: chunks go into XCom, and each is a task, so their number must not grow with the delivery.
"""

ORIGINALS, COPIES = "originals", "copies"
"""Third item of chunks that are moved with those of another outcome, or of another run: the originals of masked copies
with the quarantined objects, the copies with the objects of the run that they were made in."""

type Chunks = dict[str, list[list[Any]]]


def plan(decisions: Iterable[Decision]) -> tuple[bytes, Chunks]:
    """Return the decisions as JSON Lines, grouped by outcome, and each outcome's chunks as ``[start, size]`` in bytes.

    Decisions with the same outcome keep their order.
    """
    lines: dict[str, list[bytes]] = {outcome.value: [] for outcome in Outcome}
    for decision in decisions:
        lines[decision.outcome].append(jsonl.dump_line(decision))
    chunks: Chunks = {}
    start = 0
    for outcome, of_outcome in lines.items():
        objects = max(CHUNK_OBJECTS, -(-len(of_outcome) // MOST_CHUNKS))
        chunks[outcome] = split(of_outcome, objects, start)
        start += sum(map(len, of_outcome))
    return b"".join(line for of_outcome in lines.values() for line in of_outcome), chunks


def split(lines: Sequence[bytes], objects: int, start: int = 0) -> list[list[Any]]:
    """Return chunks of this number of lines, as ``[start, size]`` in bytes.

    :param start: of the first line.
    """
    chunks: list[list[Any]] = []
    for first in range(0, len(lines), objects):
        size = sum(map(len, lines[first : first + objects]))
        chunks.append([start, size])
        start += size
    return chunks


def together(chunks: Chunks, of_copies: Chunks) -> Chunks:
    """Return the chunks to move for each outcome: those of originals and of their masked copies included.

    :param of_copies: of the masked run.
    """
    joined = {outcome: list(of_outcome) for outcome, of_outcome in chunks.items()}
    joined[Outcome.QUARANTINE] += [[*chunk, ORIGINALS] for chunk in joined.pop(Outcome.MASK)]
    for outcome in joined:
        joined[outcome] += [[*chunk, COPIES] for chunk in of_copies.get(outcome, ())]
    return joined
