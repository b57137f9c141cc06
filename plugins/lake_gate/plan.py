"""Cuts the decisions of a run into chunks that mapped tasks carry out. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lake_gate import jsonl
from lake_gate.decision import Decision, Outcome

CHUNK_OBJECTS = 1000
"""Objects that one mapped task moves. Airflow maps over 1,024 chunks at most: 1,024,000 objects a run."""


def plan(decisions: Iterable[Decision]) -> tuple[bytes, dict[str, list[list[int]]]]:
    """Return the decisions as JSON Lines, grouped by outcome, and each outcome's chunks as ``[start, size]``."""
    content = bytearray()
    chunks: dict[str, list[list[int]]] = {outcome.value: [] for outcome in Outcome}
    for outcome, planned in chunks.items():
        lines = [jsonl.dump_line(d) for d in decisions if d.outcome == outcome]
        for first in range(0, len(lines), CHUNK_OBJECTS):
            chunk = b"".join(lines[first : first + CHUNK_OBJECTS])
            planned.append([len(content), len(chunk)])
            content += chunk
    return bytes(content), chunks
