"""Table of the changes that a run has made in the Macie account, with the reason of each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = ("action", "kind", "name", "why")


def render_table(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a table of the record's changes, with a heading."""
    rows = [COLUMNS, *([str(change[column]) for column in COLUMNS] for change in record["changes"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS) - 1)]
    yield "Planned changes (dry run, nothing was changed)" if record["dry_run"] else "Changes made"
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
    for name in record["not_finished"]:
        yield f"{name} did not finish: see its log for the changes that it may have made"
