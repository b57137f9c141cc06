"""Comparison of a table with the same table in the feed's run before: what is new, and what is gone. Pure.

A column is the same if it has the same name, or without a name the same position. Where Macie located an identifier in
one of the two runs only, its columns are not compared: a reused verdict of an older version has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lake_gate.decision.columns import MOST_IDS, ColumnLine

type Place = tuple[str | int, str]
"""Name or position of a column, and the identifier in it."""

_OF_COLUMN = ("column", "index", "identifier", "cells", "is_capped")


@dataclass(frozen=True, slots=True)
class Columns:
    """What was found in the columns of an object.

    :param places: located columns with their lines.
    :param unplaced: identifiers that were found in no located column.
    """

    places: Mapping[Place, ColumnLine] = field(default_factory=dict)
    unplaced: frozenset[str] = frozenset()
    lines: Sequence[ColumnLine] = ()

    @classmethod
    def of(cls, lines: Iterable[ColumnLine]) -> Columns:
        """Return the columns of the lines of one object."""
        known = tuple(lines)
        places = {(line.column or line.index, line.identifier): line for line in known if line.index}
        return cls(places, frozenset(line.identifier for line in known if not line.index), known)

    def without(self, other: Columns) -> list[dict[str, Any]]:
        """Return the columns that the other object does not have.

        Each has ``column``, ``index``, ``identifier``, and the number of its cells.
        """
        unclear = self.unplaced | other.unplaced
        return [
            {name: getattr(line, name) for name in _OF_COLUMN}
            for place, line in self.places.items()
            if place not in other.places and line.identifier not in unclear
        ]

    def facts(self) -> dict[str, Any]:
        """Return what the entry of the object has of them."""
        ids = dict.fromkeys(finding_id for line in self.lines for finding_id in line.finding_ids)
        severities = {line.identifier: line.severity for line in self.lines if line.severity}
        return {"finding_ids": list(ids)[:MOST_IDS], "identifier_severities": dict(sorted(severities.items()))}


@dataclass(frozen=True, slots=True)
class Table:
    """A table in the run before: its object's name, outcome and reason, identifiers and columns."""

    name: str
    outcome: str | None
    reason: str | None
    identifiers: frozenset[str]
    columns: Columns = field(default_factory=Columns)

    def compared_with(self, detections: Iterable[str], columns: Columns) -> dict[str, Any]:
        """Return the table, and what is new and gone now.

        :param detections: identifiers in the table now.
        """
        now = frozenset(detections)
        return {
            "outcome": self.outcome,
            "reason": self.reason,
            "new_identifiers": sorted(now - self.identifiers),
            "gone_identifiers": sorted(self.identifiers - now),
            "new_columns": columns.without(self.columns),
            "gone_columns": self.columns.without(columns),
        }
