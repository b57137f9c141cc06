"""Scans one file, unless it is an archive, by the reader of its format."""

from __future__ import annotations

from localaws.macie2.detection.readers.content import SNIFFED_BYTES, is_binary, is_json, is_markup
from localaws.macie2.detection.readers.csv_scan import scan_csv
from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.readers.formats import PLAIN_TEXT, Format, Kind
from localaws.macie2.detection.readers.json_scan import scan_json
from localaws.macie2.detection.readers.parquet_scan import scan_parquet
from localaws.macie2.detection.readers.source import UnreadableError
from localaws.macie2.detection.readers.text_scan import scan_text


def scan_file(scan: Scan, file_format: Format) -> str:
    """Add the hits in a file to the scan's tallies; return the MIME type as which it was read.

    :raises IncompleteError: when not all of it was analysed.
    """
    if file_format.kind is Kind.PARQUET:
        scan_parquet(scan)
        return file_format.mime_type
    beginning = scan.source.peek(SNIFFED_BYTES)
    is_other = (
        is_binary(beginning)
        or (not file_format.may_be_markup and is_markup(beginning))
        or (file_format.kind is Kind.CSV and is_json(beginning))
    )
    if is_other:
        is_text = file_format.kind is Kind.TEXT
        raise UnreadableError("UNSUPPORTED_FILE_TYPE_EXCEPTION" if is_text else "MALFORMED_FILE")
    is_as_named = True
    match file_format.kind:
        case Kind.CSV:
            is_as_named = scan_csv(scan, file_format.delimiter)
        case Kind.JSON | Kind.JSON_LINES:
            is_as_named = scan_json(scan, is_lines=file_format.kind is Kind.JSON_LINES)
        case _:
            scan_text(scan)
    return file_format.mime_type if is_as_named else PLAIN_TEXT.mime_type
