"""Scans records: rows with their paths. A keyword may be in the name of any element on the path.

An object's own scalar members are a row of a table, so that a name or an address may be spread over them. A name that
is sensitive itself counts once in a file, and paths that contain it are not reported.

Source: https://docs.aws.amazon.com/macie/latest/user/managed-data-identifiers-keywords.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from localaws.macie2.detection.matching.columns import TableScan
from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tables import Plan, Rows
from localaws.macie2.detection.matching.tally import Place
from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.readers.json_paths import Path, json_path
from localaws.macie2.detection.readers.json_reader import Row
from localaws.macie2.detection.result import Record
from localaws.macie2.identifiers import names
from localaws.macie2.identifiers.names import ColumnKind

_BATCH_CELLS = 100_000
_BATCH_CHARACTERS = 4 * 1024 * 1024
_REMEMBERED = 100_000

type Names = tuple[str, ...]


class RecordScan:
    """Takes the rows of one file."""

    def __init__(self, scan: Scan) -> None:
        self._tallies = scan.tallies
        self._tables = TableScan(scan.matcher, scan.tallies)
        self._plans = _Plans(scan.matcher)
        self._seen: set[str] = set()
        self._rows: list[Row] = []
        self._waiting = 0
        self._order = 0

    def add(self, row: Row) -> None:
        """Take a row; scan when there are enough."""
        self._rows.append(row)
        self._waiting += len(row.values) + len("".join(filter(None, row.values))) * _BATCH_CELLS // _BATCH_CHARACTERS
        if self._waiting >= _BATCH_CELLS:
            self.flush()

    def flush(self) -> None:
        """Scan what was taken."""
        tables: dict[int, _RecordRows] = {}
        for row in self._rows:
            plan = self._plans.plan(_names_of(row.path), row.keys)
            if id(plan) not in tables:
                tables[id(plan)] = _RecordRows(plan, self._plans)
            tables[id(plan)].append(row, self._order)
            self._order += 1
        for table in tables.values():
            self._tables.read(table.sealed(), table.plan)
        self.read_names(key for row in self._rows for key in (*row.path, *row.keys) if isinstance(key, str))
        self._tallies.end_batch()
        self._rows, self._waiting = [], 0

    def read_names(self, used: Iterable[str]) -> None:
        """Scan the names that are new."""
        fresh = [name for name in dict.fromkeys(used) if name not in self._seen]
        if len(self._seen) > _REMEMBERED:
            self._seen.clear()
        self._seen.update(fresh)
        self._tables.read(_NameRows(fresh, self._order), Plan())
        self._order += len(fresh)

    def record(self, path: Path, index: int) -> Record:
        """Return a place; without its path when a name on it is sensitive."""
        return self._plans.record(path, index)


def _names_of(path: Path) -> Names:
    return tuple(key for key in path if isinstance(key, str))


class _Plans:
    """Plans by the names on a path; equal ones are the same object."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._known: dict[Plan, Plan] = {}
        self._opened_by = lru_cache(maxsize=_REMEMBERED)(self._open)
        self.plan = lru_cache(maxsize=_REMEMBERED)(self._plan)

    def _open(self, path: Names) -> frozenset[str]:
        return frozenset[str]().union(*map(self._matcher.opened_by, path))

    def _plan(self, path: Names, keys: Path) -> Plan:
        inherited = self._opened_by(path)
        # The elements of an array are named for it, and so is a value that is all of a record.
        named = [key if isinstance(key, str) else (path[-1] if path else "") for key in keys or ("",)]
        opened = [inherited | self._matcher.opened_by(name) for name in named]
        plan = Plan.by_columns(opened, [ColumnKind.of(name) for name in named], names.split_columns(named))
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        return self._known.setdefault(plan, plan)

    def record(self, path: Path, index: int) -> Record:
        """Return a place; without its path when a name on it is sensitive."""
        is_shown = not any(map(self._matcher.is_sensitive, _names_of(path)))
        return Record(json_path(path) if is_shown else None, index)


class _RecordRows:
    """Rows that are scanned alike, whatever their names are."""

    def __init__(self, plan: Plan, plans: _Plans) -> None:
        self.plan = plan
        self._plans = plans
        self._rows: list[Row] = []
        self._orders: list[int] = []

    def append(self, row: Row, order: int) -> None:
        """Add a row."""
        self._rows.append(row)
        self._orders.append(order)

    def sealed(self) -> RecordTable:
        """Return the table of all rows."""
        return RecordTable(self._rows, self._orders, self._plans)


class RecordTable(Rows):
    """A table of rows that each know their path."""

    def __init__(self, rows: Sequence[Row], orders: Sequence[int], plans: _Plans) -> None:
        super().__init__([row.values for row in rows])
        self._records = rows
        self._orders = orders
        self._row_of = {order: row for row, order in enumerate(orders)}
        self._plans = plans

    def order_of(self, row: int) -> int:
        return self._orders[row]

    def row_of(self, order: int) -> int:
        return self._row_of[order]

    def occurrence(self, place: Place) -> Record:
        row = self._records[self.row_of(place[0])]
        return self._plans.record((*row.path, *row.keys[place[1] : place[1] + 1]), row.record)


class _NameRows(Rows):
    """Names of elements, as values."""

    def __init__(self, found: Sequence[str], first_order: int) -> None:
        super().__init__([(name,) for name in found])
        self._first_order = first_order

    def order_of(self, row: int) -> int:
        return self._first_order + row

    def row_of(self, order: int) -> int:
        return order - self._first_order

    def occurrence(self, place: Place) -> Record:
        return Record(None, 0)
