"""Columns of a file in which Macie found something, from the lines of ``columns.jsonl``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lake_gate.display import facts


@dataclass(frozen=True, slots=True)
class Detection:
    """An identifier in a column of a file.

    :param column: empty if the name is not known; ``index``: position from 1, None without columns (a PDF).
    :param cells: number of cells; with ``is_capped`` there are more.
    :param decided: the decision rests on this identifier.
    :param first_seen_at: time of the first run of the feed with it; empty: it is this run.
    """

    column: str
    index: int | None
    identifier: str
    category: str
    severity: str
    cells: int | None
    is_capped: bool
    count: int | None
    decided: bool
    first_seen_run: str
    first_seen_at: str

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Detection:
        """Return the detection of a line of ``columns.jsonl``."""
        return cls(
            column=facts.text(line, "column"),
            index=facts.number(line, "index"),
            identifier=facts.text(line, "identifier"),
            category=facts.text(line, "category"),
            severity=facts.text(line, "severity"),
            cells=facts.number(line, "cells"),
            is_capped=facts.member(line, "is_capped") is True,
            count=facts.number(line, "count"),
            decided=facts.member(line, "decided") is True,
            first_seen_run=facts.text(line, "first_seen", "run_id"),
            first_seen_at=facts.text(line, "first_seen", "at"),
        )

    @property
    def column_words(self) -> str:
        """The column, in words."""
        if self.column:
            return self.column
        return f"column {self.index}" if self.index is not None else "anywhere in the file"

    @property
    def key(self) -> tuple[str, str]:
        """Column and identifier, by which runs are compared."""
        return self.column_words, self.identifier
