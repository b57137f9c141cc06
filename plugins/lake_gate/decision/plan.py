"""Split the decisions of a run into chunks for mapped tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from lake_gate.model import jsonl

CHUNK_OBJECTS = 1000
"""Objects that one mapped task moves, unless an outcome would have more than :data:`MOST_CHUNKS` chunks."""
MASKED_OBJECTS = 4
"""Objects that one mapped task masks: it reads and writes each of their cells, and workers share the chunks."""
MOST_CHUNKS = 100
"""Most chunks of one outcome: chunks go into XCom, and each is a task, so their number must not grow with the delivery.
"""

type Chunks = dict[str, list[list[int]]]


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


def split(lines: Sequence[bytes], objects: int, start: int = 0) -> list[list[int]]:
    """Return chunks of this number of lines, as ``[start, size]`` in bytes.

    :param start: of the first line.
    """
    chunks: list[list[int]] = []
    for first in range(0, len(lines), objects):
        size = sum(map(len, lines[first : first + objects]))
        chunks.append([start, size])
        start += size
    return chunks
