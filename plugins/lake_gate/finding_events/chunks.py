"""Chunks of actions: each is carried out by one mapped task. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lake_gate.finding_events.action import Action, Status
from lake_gate.model import jsonl

MOST_CHUNKS = 100
"""Most chunks of a run: each is a mapped task, and the list of them goes into XCom."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The actions that one task carries out: those of whole runs, as two tasks must not amend the same run.

    :param of: names of the runs, for Airflow's UI.
    :param start: offset in the document of the actions, in bytes, as ``size``.
    """

    of: str
    start: int
    size: int


@dataclass(slots=True)
class _Group:
    place: tuple[str, str]
    lines: list[bytes] = field(default_factory=list)


def plan(actions: Iterable[Action]) -> tuple[bytes, list[Chunk]]:
    """Return the actions as JSON Lines, those that move something first, and the chunks of these."""
    groups: dict[tuple[str, str], _Group] = {}
    others: list[bytes] = []
    for action in actions:
        line = jsonl.dump_line(action)
        if action.status == Status.MOVE:
            groups.setdefault(action.place, _Group(action.place)).lines.append(line)
        else:
            others.append(line)
    ordered = sorted(groups.values(), key=lambda group: group.place)
    runs_per_chunk = max(1, -(-len(ordered) // MOST_CHUNKS))
    chunks: list[Chunk] = []
    start = 0
    for first in range(0, len(ordered), runs_per_chunk):
        part = ordered[first : first + runs_per_chunk]
        size = sum(len(line) for group in part for line in group.lines)
        chunks.append(Chunk(_shown(part), start, size))
        start += size
    return b"".join([*(line for group in ordered for line in group.lines), *others]), chunks


def _shown(part: list[_Group]) -> str:
    feed, folder = part[0].place
    first = f"{feed}/{folder}" if feed else "around the gate"
    return first if len(part) == 1 else f"{first} and {len(part) - 1} more"
