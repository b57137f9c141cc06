"""Scans JSON and JSON Lines; from where a file is not JSON any more, it is read as text.

Source: shapes Record and Occurrences of the macie2 API.
"""

from __future__ import annotations

from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.readers.json_reader import JsonReader, MalformedError
from localaws.macie2.detection.readers.records import RecordScan
from localaws.macie2.detection.readers.text_scan import scan_text

_CHUNK_BYTES = 2 * 1024 * 1024


def scan_json(scan: Scan, *, is_lines: bool) -> bool:
    """Scan all of a source; return whether any of it is JSON.

    :param is_lines: the index of a record is that of its line; otherwise it is always 0.
    :raises UnreadableError: when it is nested too deeply.
    """
    reader = JsonReader(scan.source, min(scan.chunk_bytes, _CHUNK_BYTES), is_lines=is_lines)
    records = RecordScan(scan)
    try:
        for row in reader.rows():
            records.add(row)
    except MalformedError:
        records.flush()
        scan_text(scan, reader.line + 1, reader.column)
        return reader.has_containers
    finally:
        records.flush()
    return True
