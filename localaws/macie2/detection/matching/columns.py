"""Scans tables: distinct values column by column, and the rules that look across the cells of a row.

polars filters all distinct values of a table at once; few candidates remain for single checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

import polars as pl

from localaws.macie2.detection.matching.address_rows import AddressRows
from localaws.macie2.detection.matching.any_of import AnyOf
from localaws.macie2.detection.matching.distinct import Column, Distinct
from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tables import Group, Plan, Table
from localaws.macie2.detection.matching.tally import LOCATED, Place, Tallies, Tally
from localaws.macie2.identifiers import addresses, names
from localaws.macie2.identifiers.names import ColumnKind

type Span = tuple[int, int]
type Spans = Callable[[str], Iterable[Span]]

_ADDRESS = AnyOf([addresses.IN_VALUE])
_NAMES = {kind: AnyOf(names.prefilters(kind)) for kind in ColumnKind}


class TableScan:
    """Adds what tables hold to the tallies."""

    def __init__(self, matcher: Matcher, tallies: Tallies) -> None:
        self._matcher = matcher
        self._tallies = tallies

    def read(self, table: Table, plan: Plan) -> None:
        """Scan some records."""
        if not (table.height and table.width):
            return
        distinct = Distinct(table, plan.over(table.width), self._matcher.masks())
        for group, columns in distinct.groups.items():
            self._read_values(distinct, group, columns)
            self._read_names(distinct, group, columns)
            self._read_addresses(distinct, columns)
        if (name := self._tallies.name) and not name.is_full:
            for given, family in plan.pairs:
                _read_pair(table, given, family, name)
        if (address := self._tallies.address) and not address.is_full:
            AddressRows(table, distinct).read(address)

    def _read_values(self, distinct: Distinct, group: Group, columns: Sequence[Column]) -> None:
        near, alone = (distinct.where(columns, mask) for mask in ("near", "alone"))
        hits = self._matcher.hits_with_signs(distinct.values_of(columns), near, alone, group.is_open)
        for identifier, counts in hits.items():
            spans = partial(self._matcher.spans, identifier, is_open=group.is_open)
            for column in distinct.having_any(columns, counts):
                _add(distinct.table, column, counts, self._tallies[identifier], spans)

    def _read_names(self, distinct: Distinct, group: Group, columns: Sequence[Column]) -> None:
        def spans(value: str) -> Iterator[Span]:
            return self._matcher.not_allowed(value, names.iter_names(value, group.kind))

        _read_in_values(distinct, columns, _NAMES[group.kind], spans, self._tallies.name)

    def _read_addresses(self, distinct: Distinct, columns: Sequence[Column]) -> None:
        _read_in_values(distinct, columns, _ADDRESS, addresses.iter_addresses, self._tallies.address)


def _read_in_values(
    distinct: Distinct, columns: Sequence[Column], prefilter: AnyOf, spans: Spans, tally: Tally | None
) -> None:
    """Add what stands within single values of several words, as far as it counts."""
    if tally is None or tally.is_full:
        return
    candidates = prefilter.having(distinct.where(columns, "parted"))
    for column in distinct.having_any(columns, candidates) if not candidates.is_empty() else ():
        if counts := _first_counts(distinct.table, column, candidates, spans, tally.left):
            _add(distinct.table, column, counts, tally, spans)


def _first_counts(table: Table, column: Column, values: pl.Series, spans: Spans, left: int) -> dict[str, int]:
    """Count in the values; of many, in the first ones of the file that hold all that still counts."""
    if len(values) > left:
        cells = table.stack(column.columns)
        values = cells.filter(cells.is_in(values.implode())).unique(maintain_order=True)
    counts: dict[str, int] = {}
    for value in values:
        if left <= 0:
            break
        if count := sum(1 for _ in spans(value)):
            counts[value] = count
            left -= count
    return counts


def _add(table: Table, column: Column, counts: Mapping[str, int], tally: Tally, spans: Spans) -> None:
    """Add the cells that hold one of the values to the tally, each with its count.

    :param spans: tells where in a value the matches are.
    """

    def texts(place: Place) -> Iterator[str]:
        value = table.window(table.row_of(place[0]), place[1], place[1])[0] or ""
        return (value[start:end] for start, end in spans(value))

    each = _count_each(table.stack(column.columns), counts)
    places = _places(table, column, each) if tally.missing else ()
    tally.add(places, int(each.sum()), table.occurrence, texts)


def _count_each(cells: pl.Series, counts: Mapping[str, int]) -> pl.Series:
    """Return the count of every cell: true and false where it is 1 at most, which is quicker."""
    values = pl.Series(list(counts), dtype=pl.String)
    if max(counts.values()) == 1:
        return cells.is_in(values.implode()).fill_null(value=False)
    each = pl.Series(list(counts.values()), dtype=pl.UInt32)
    return cells.replace_strict(values, each, default=0, return_dtype=pl.UInt32).fill_null(0)


def _places(table: Table, column: Column, counts: pl.Series) -> Iterator[Place]:
    """Return one place for each occurrence, in order; no more than the first ones that are wanted."""
    hit = (counts if counts.dtype == pl.Boolean else counts > 0).arg_true()
    if len(column.columns) == 1:
        hit = hit.head(LOCATED)
    places = ((table.order_of(at % table.height), column.columns[at // table.height]) for at in hit)
    cells = zip(places, counts.gather(hit).cast(pl.UInt32), strict=True)
    ordered = cells if len(column.columns) == 1 else iter(sorted(cells))
    return islice((place for place, count in ordered for _ in range(count)), LOCATED)


def _read_pair(table: Table, given: int, family: int, tally: Tally) -> None:
    both = [table.stack([at]).str.contains(names.PART.rust).fill_null(value=False) for at in (given, family)]
    rows = (both[0] & both[1]).arg_true()
    places = [(table.order_of(row), min(given, family)) for row in rows.head(LOCATED)]

    def texts(place: Place) -> Iterator[str]:
        row = table.row_of(place[0])
        yield " ".join(table.window(row, column, column)[0] or "" for column in (given, family))

    tally.add(places, len(rows), table.occurrence, texts)
