"""Scans CSV and TSV.

The header is scanned as a row like any other (a file without one has data there). When it holds sensitive data, all
places are located by line instead of by cell, so that the result has no column name that is such data. From where a
file is not CSV any more, it is read as text.

Source: shape Occurrences of the macie2 API (``lineRanges``).
"""

from __future__ import annotations

from localaws.macie2.detection.matching.columns import TableScan
from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tables import Plan
from localaws.macie2.detection.readers.csv_reader import CsvReader, MalformedError
from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.readers.text_scan import scan_text
from localaws.macie2.identifiers import addresses


def scan_csv(scan: Scan, delimiter: str | None) -> None:
    """Scan all of a source."""
    reader = CsvReader(scan.source, delimiter, scan.chunk_bytes, always_csv=scan.always_csv)
    tables = TableScan(scan.matcher, scan.tallies)
    plan = None
    try:
        for table in reader.tables():
            if plan is not None or _may_be_sensitive(scan.matcher, reader.header):
                tables.read(table, plan or Plan())
                scan.tallies.end_batch()
            if plan is None and reader.header:
                reader.is_located_by_line = not scan.tallies.is_empty
                plan = Plan.by_names(scan.matcher, reader.header)
    except MalformedError:
        scan_text(scan, reader.next_line)


def _may_be_sensitive(matcher: Matcher, header: list[str]) -> bool:
    """Return whether the header can hold sensitive data."""
    return any(matcher.is_sensitive(name) or addresses.ZIP.re2.search(name) for name in header)
