"""Count the groups of rows with the same quasi-identifiers. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lake_gate.masking.report import Risk

SMALL = 5
"""Groups of less rows are counted as small."""
_MOST_GROUPS = 500_000


class Groups:
    """Groups of rows, by the hash of their values.

    Memory is bounded: rows of groups beyond the first 500,000 count as groups of a single row.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._rows: dict[int, int] = {}
        self._alone = 0

    def add(self, columns: Sequence[Sequence[str]]) -> None:
        """Count rows.

        :param columns: their quasi-identifiers, column by column.
        """
        for group, rows in Counter(map(hash, zip(*columns, strict=True))).items():
            if group in self._rows or len(self._rows) < _MOST_GROUPS:
                self._rows[group] = self._rows.get(group, 0) + rows
            else:
                self._alone += rows

    def risk(self) -> Risk:
        """Return what was counted."""
        sizes = [*self._rows.values(), *([1] if self._alone else [])]
        small = self._alone + sum(rows for rows in self._rows.values() if rows < SMALL)
        total = self._alone + sum(self._rows.values())
        return Risk(self._names, min(sizes, default=None), small, round(small / total, 4) if total else 0.0)
