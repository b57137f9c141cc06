"""Files of a run as the Run page lists them: search, order, pages, and the lines of the CSV. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from lake_gate.display import facts
from lake_gate.display.files import FileRow, severity_rank, strictness
from lake_gate.display.words import reason_words

PAGE_FILES = 100
MOST_SHOWN = 100_000
"""Files that can be paged through; the CSV has all."""


@dataclass(frozen=True, slots=True)
class Search:
    """What the Run page shows.

    :param text: part of the name of a file, a column or an identifier; upper and lower case are the same.
    :param outcome: files of this outcome only; empty: of all.
    :param order: ``strictest``, ``name``, ``size`` or ``severity``.
    :param page: from 1.
    """

    text: str = ""
    outcome: str = ""
    order: str = "strictest"
    page: int = 1

    def matches(self, entry: Mapping[str, Any], with_column: Collection[str]) -> bool:
        """Whether an entry is shown.

        :param with_column: names of the files that have a column of that name.
        """
        if self.outcome and facts.text(entry, "outcome") != self.outcome:
            return False
        wanted, name = self.text.casefold(), facts.text(entry, "name")
        if not wanted or wanted in name.casefold() or name in with_column:
            return True
        return any(wanted in identifier.casefold() for identifier in facts.counts(entry, "detections"))


type _Key = tuple[Any, ...]
_ORDERS: dict[str, Callable[[Mapping[str, Any]], _Key]] = {
    "strictest": strictness,
    "name": lambda _: (),
    "size": lambda entry: (-(facts.number(entry, "size_bytes") or 0),),
    "severity": lambda entry: (-severity_rank(entry),),
}
ORDERS = tuple(_ORDERS)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of files.

    :param found: number of files that match, on all pages.
    :param objects: number of files of the run.
    """

    files: list[FileRow]
    found: int
    objects: int
    number: int

    @property
    def last(self) -> int:
        """Number of the last page."""
        return max(1, -(-min(self.found, MOST_SHOWN) // PAGE_FILES))


def page_of(entries: Iterable[Mapping[str, Any]], search: Search, with_column: Collection[str] = ()) -> Page:
    """Return a page of the files that match; memory grows with the number of the page only.

    :param entries: read once.
    """
    total, found = 0, 0

    def matching() -> Iterator[Mapping[str, Any]]:
        nonlocal total, found
        for entry in entries:
            total += 1
            if search.matches(entry, with_column):
                found += 1
                yield entry

    order = _ORDERS.get(search.order, _ORDERS["strictest"])
    first = (search.page - 1) * PAGE_FILES
    kept = nsmallest(
        min(first + PAGE_FILES, MOST_SHOWN), matching(), key=lambda entry: (*order(entry), facts.text(entry, "name"))
    )
    return Page([FileRow.of(entry) for entry in kept[first:]], found, total, search.page)


def names_with_column(columns: Iterable[Mapping[str, Any]], wanted: str) -> set[str]:
    """Return the names of the files that have a column with the text in its name.

    :param columns: lines of ``columns.jsonl``.
    """
    folded = wanted.casefold()
    return {facts.text(line, "name") for line in columns if folded in facts.text(line, "column").casefold()}


CSV_COLUMNS = (
    *("name", "size_bytes", "rows", "columns", "severity", "outcome", "reason", "in_words", "rule", "identifiers"),
    *("outcome_before", "bucket", "key", "version_id", "sha256"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters of cells that spreadsheet programs calculate.
Source: https://owasp.org/www-community/attacks/CSV_Injection"""


def csv_lines(files: Iterable[FileRow]) -> Iterator[str]:
    """Yield the lines of a CSV of the files, its header first."""
    yield _csv_line(CSV_COLUMNS)
    for file in files:
        yield _csv_line(_cells(file))


def _cells(file: FileRow) -> Iterable[object]:
    found = "; ".join(f"{identifier.name} x {identifier.count}" for identifier in file.identifiers)
    numbers = (file.size_bytes, file.rows, file.columns)
    words = (file.severity, file.outcome, file.reason, reason_words(file.reason) if file.reason else "", file.rule)
    return (file.name, *numbers, *words, found, file.before.outcome if file.before else "", *file.now, file.sha256)


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    # All cells are quoted: some programs also split at semicolons, and would calculate what follows one in a name.
    writer = csv.writer(line, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow("" if cell is None else _safe(str(cell)) for cell in cells)
    return line.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
