"""Scans CSV and TSV.

The header is scanned as a row like any other (a file without one has data there), and so is what is above it. When
these hold sensitive data, all places are located by line instead of by cell, so that the result has no column name that
is such data. From where a file is not CSV any more, it is read as text.

A file whose layout is in doubt is scanned by every layout that is likely, and as text; for each identifier, the
look counts that found most.

Source: shape Occurrences of the macie2 API (``lineRanges``).
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import partial
from typing import IO, cast

from localaws.macie2.detection.matching.columns import TableScan
from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tables import Plan
from localaws.macie2.detection.readers.content import SNIFFED_BYTES
from localaws.macie2.detection.readers.csv_layout import Layout, Layouts, layouts_of
from localaws.macie2.detection.readers.csv_reader import CsvReader, MalformedError
from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.readers.source import IncompleteError, Source
from localaws.macie2.detection.readers.text_scan import scan_text
from localaws.macie2.identifiers import addresses, names
from localaws.macie2.identifiers.names import ColumnKind

# The copy of a file whose layout is in doubt is kept in memory up to this size, and on disk beyond.
_IN_MEMORY_BYTES = 16 * 1024 * 1024
_COPIED_BYTES = 1024 * 1024


def scan_csv(scan: Scan, delimiter: str | None) -> bool:
    """Scan all of a source; return whether any of it is CSV."""
    sample = scan.source.peek(SNIFFED_BYTES)
    layouts = layouts_of(sample, delimiter, partial(is_of_interest, scan.matcher), scan.matcher.is_pair)
    if layouts.is_certain:
        return _scan_table(scan, layouts.tables[0])
    return _scan_in_all_ways(scan, layouts)


def _scan_in_all_ways(scan: Scan, layouts: Layouts) -> bool:
    is_csv = False
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as copy:
        failure = _copy(scan.source, cast("IO[bytes]", copy))
        for layout in (*layouts.tables, None):
            copy.seek(0)
            look = replace(scan, source=Source(cast("IO[bytes]", copy)), tallies=scan.tallies.empty())
            if layout is None:
                scan_text(look)
            else:
                is_csv = _scan_table(look, layout) or is_csv
            scan.tallies.take_larger(look.tallies)
    if failure is not None:
        raise failure
    return is_csv


def _copy(source: Source, file: IO[bytes]) -> IncompleteError | None:
    """Copy what can be read; return why the rest cannot."""
    try:
        while data := source.read(_COPIED_BYTES):
            file.write(data)
    except IncompleteError as error:
        return error
    return None


def _scan_table(scan: Scan, layout: Layout) -> bool:
    reader = CsvReader(scan.source, layout, scan.chunk_bytes, always_csv=scan.always_csv)
    tables = TableScan(scan.matcher, scan.tallies)
    plan = None
    try:
        for table in reader.tables():
            if plan is not None or layout.preamble or _may_be_sensitive(scan.matcher, reader.header):
                tables.read(table, plan or Plan())
                scan.tallies.end_batch()
            if plan is None and reader.header:
                reader.is_located_by_line = not scan.tallies.is_empty
                plan = Plan.by_names(scan.matcher, reader.header)
    except MalformedError:
        scan_text(scan, reader.next_line)
        return bool(reader.header)
    return True


def is_of_interest(matcher: Matcher, name: str) -> bool:
    """Return whether the name of a column decides what is found in it."""
    return (
        bool(matcher.opened_by(name))
        or ColumnKind.of(name) is not ColumnKind.NEUTRAL
        or any(map(names.split_columns, ([name, "last name"], ["first name", name])))
    )


def _may_be_sensitive(matcher: Matcher, header: list[str]) -> bool:
    """Return whether the header can hold sensitive data."""
    return any(matcher.is_sensitive(name) or addresses.ZIP.re2.search(name) for name in header)
