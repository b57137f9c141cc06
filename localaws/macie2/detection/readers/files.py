"""Scans one file, unless it is an archive, by the reader of its format."""

from __future__ import annotations

from localaws.macie2.detection.readers.csv_scan import scan_csv
from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.readers.formats import Format, Kind
from localaws.macie2.detection.readers.json_scan import scan_json
from localaws.macie2.detection.readers.parquet_scan import scan_parquet
from localaws.macie2.detection.readers.source import SNIFFED_BYTES, UnreadableError, is_binary
from localaws.macie2.detection.readers.text_scan import scan_text


def scan_file(scan: Scan, file_format: Format) -> None:
    """Add the hits in a file to the scan's tallies.

    :raises IncompleteError: when not all of it was analysed.
    """
    if file_format.kind is Kind.PARQUET:
        scan_parquet(scan)
        return
    if is_binary(scan.source.peek(SNIFFED_BYTES)):
        is_text = file_format.kind is Kind.TEXT
        raise UnreadableError("UNSUPPORTED_FILE_TYPE_EXCEPTION" if is_text else "MALFORMED_FILE")
    match file_format.kind:
        case Kind.CSV:
            scan_csv(scan, file_format.delimiter)
        case Kind.JSON | Kind.JSON_LINES:
            scan_json(scan, is_lines=file_format.kind is Kind.JSON_LINES)
        case _:
            scan_text(scan)
