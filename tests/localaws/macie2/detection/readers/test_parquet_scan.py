"""Parquet: flat and nested columns, and broken files."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pytest

from localaws.macie2.detection.result import Record, ScanStatus
from tests.localaws.macie2.detection.scans import SSN, counts, found, scan_text


def parquet(**columns: Any) -> bytes:
    """A Parquet file."""
    stream = io.BytesIO()
    pl.DataFrame(columns).write_parquet(stream)
    return stream.getvalue()


def test_parquet_is_located_by_record_and_path() -> None:
    data = parquet(
        SSN=["078-05-1120", None, "219-09-9999"],
        number=[1, 2, 3],
        note=[b"ssn 078-05-1120", b"\xff\xfe", None],
        who=[{"ssn": "078-05-1120", "tags": ["x", "ssn 219-09-9999"]}, None, {"ssn": None, "tags": []}],
    )
    result = scan_text(data, managed=SSN, extension="parquet")
    assert (result.status, result.mime_type) == (ScanStatus.COMPLETE, "application/parquet")
    assert result.size_classified_bytes == len(data)
    assert found(result) == (
        Record("$.SSN", 0),
        Record("$.note", 0),
        Record("$.SSN", 2),
        Record("$.who.ssn", 0),
        Record("$.who.tags[1]", 0),
    )


def test_row_rules_hold_in_parquet() -> None:
    data = parquet(first=["John"] * 3, last=["Smith"] * 3, city=["Boston"] * 3, state=["MA"] * 3, zip=["02139"] * 3)
    result = scan_text(data, extension="parquet")
    assert counts(result) == {"NAME": 3, "ADDRESS": 3}
    assert found(result, "ADDRESS")[2] == Record("$.city", 2)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"x" * 100 + b"PAR1", parquet(a=["x"] * 9)[:-30]])
def test_broken_parquet_is_skipped_with_a_reason(data: bytes) -> None:
    result = scan_text(data, extension="parquet")
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "UNABLE_TO_PARSE_FILE")


def test_parquet_that_breaks_off_is_partial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localaws.macie2.detection.readers.parquet_scan._CELLS", 10)
    whole = io.BytesIO()
    frame = pl.DataFrame({"ssn": [f"ssn 078-05-{number:04}" for number in range(1, 3000)]})
    frame.write_parquet(whole, row_group_size=1000, compression="uncompressed")
    data = whole.getvalue()
    middle = len(data) // 2
    result = scan_text(data[:middle] + b"\xff" * 64 + data[middle + 64 :], managed=SSN, extension="parquet")
    assert result.status in (ScanStatus.PARTIAL, ScanStatus.COMPLETE)
    assert counts(result)[SSN] >= 1000
