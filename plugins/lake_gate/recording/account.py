"""Writes down what was changed in the account of Macie, so that it can be told later who changed what, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass

COLUMNS = ("action", "kind", "name", "why")


def table(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that show a record to people."""
    rows = [COLUMNS, *([str(change[column]) for column in COLUMNS] for change in record["changes"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS) - 1)]
    yield "A dry run: this is planned, nothing was changed" if record["dry_run"] else "This was done"
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
    for name in record["not_finished"]:
        yield f"{name} did not finish: what it may have changed is in its log"
