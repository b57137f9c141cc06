"""The files of a run as a table for the task's log: names, reasons and counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import Any

from lake_gate.decision.policy import Outcome
from lake_gate.model.names import loggable

MOST_LINES = 100
_STRICTEST_FIRST = (None, Outcome.QUARANTINE, Outcome.HOLD, Outcome.MASK, Outcome.PROMOTE)
_MOST_NAMED = 5


def summary(entries: Iterable[Mapping[str, Any]], objects: int, *, is_dry_run: bool) -> str:
    """Return the table: the strictest outcomes first, then by name.

    :param entries: the lines of ``objects.jsonl``, read once.
    :param objects: their number.
    """
    shown = nsmallest(MOST_LINES, entries, key=lambda entry: (_STRICTEST_FIRST.index(entry["outcome"]), entry["name"]))
    head = "Dry run, nothing was moved. What would happen to the files:" if is_dry_run else "Files of the run:"
    more = [f"and {objects - len(shown):,} more; see objects.jsonl"] if objects > len(shown) else []
    return "\n".join([head, *map(_line, shown), *more]) if shown else "The delivery was empty"


def _line(entry: Mapping[str, Any]) -> str:
    found = [f"{identifier} {count:,}" for identifier, count in entry["detections"].items()]
    found[_MOST_NAMED:] = [f"and {len(found) - _MOST_NAMED} more"] if len(found) > _MOST_NAMED else []
    facts = [str(entry["outcome"] or "undecided"), entry["severity"] or "-", str(entry["reason"])]
    copy = entry.get("masked")
    masked = f"  masked copy: {copy['outcome']}, {copy['reason']}" if copy else ""
    line = f"{facts[0]:<10}  {facts[1]:<6}  {facts[2]:<30}  {entry['name']}  {', '.join(found)}".rstrip()
    return loggable(line + masked)
