"""JSON and JSON Lines: places by path and index."""

from __future__ import annotations

import pytest

from localaws.macie2.detection.result import LineRange, Occurrence, Record, ScanStatus
from tests.localaws.macie2.detection.scans import SSN, found, scan_text


@pytest.mark.parametrize("chunk_bytes", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"SSN": "078-05-1120"}', [("$.SSN", 0)]),
        ('[{"Social Security": "078-05-1120"}]', [("$[0]['Social Security']", 0)]),
        ('{"ssn": {"a": [{"b": "078-05-1120"}, "078051120"]}}', [("$.ssn.a[0].b", 0), ("$.ssn.a[1]", 0)]),
        ('{"ssn": 78051120, "x": {"note": "ssn 078-05-1120"}}', [("$.x.note", 0)]),
        ('{"x": "078-05-1120", "ssn": null, "y": "078-05-1120"}', []),
        ('{"ssn": "078-05-1120", "ssn": "219-09-9999"}', [("$.ssn", 0), ("$.ssn", 0)]),
        ('{"it\'s a \\"ssn\\"": "078-05-1120"}', [("$['it\\'s a \"ssn\"']", 0)]),
        ('"ssn 078-05-1120"', [("$", 0)]),
        ('{"ssn": "078\\u002d05-1120"}', [("$.ssn", 0)]),
        ('{"ssn":"078-05-1120"}\n{"ssn":"219-09-9999"}', [("$.ssn", 0), ("$.ssn", 0)]),
        ("{}", []),
        ("", []),
        (" \n ", []),
    ],
)
def test_json_is_located_by_path(text: str, expected: list[tuple[str, int]], chunk_bytes: int) -> None:
    result = scan_text(text, managed=SSN, extension="json", chunk_bytes=chunk_bytes)
    assert result.status is ScanStatus.COMPLETE
    assert found(result) == tuple(Record(*place) for place in expected)


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
def test_json_lines_are_located_by_the_index_of_their_line(chunk_bytes: int) -> None:
    text = '{"ssn":"078-05-1120"}\n\n{"a":[\n1]}\n{"x":{"ssn":["1","219-09-9999"]}}\n'
    result = scan_text(text, managed=SSN, extension="jsonl", chunk_bytes=chunk_bytes)
    assert found(result) == (Record("$.ssn", 0), Record("$.x.ssn[1]", 4))
    assert result.mime_type == "application/json"


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssn 078-05-1120", (LineRange(1, 1, 5),)),
        ('{"ssn": "078-05-1120",\n "y": oops, ssn 219-09-9999', (Record("$.ssn", 0), LineRange(2, 2, 17))),
        ('{"ssn": "078-05-1120"', (Record("$.ssn", 0),)),
        ('[1, "ssn 078-05-1120', (LineRange(1, 1, 10),)),
        ('{"a": 1}} ssn 078-05-1120', (LineRange(1, 1, 15),)),
        ('{"a" "ssn 078-05-1120"}', (LineRange(1, 1, 11),)),
        ('{"a": 1,} "ssn 078-05-1120"', (LineRange(1, 1, 16),)),
        ('{"a": "\\q ssn 078-05-1120"}', (LineRange(1, 1, 15),)),
        ("[078051120, ssn]", ()),
    ],
)
def test_what_stops_being_json_is_read_as_text(text: str, expected: tuple[Occurrence, ...], chunk_bytes: int) -> None:
    result = scan_text(text, managed=SSN, extension="json", chunk_bytes=chunk_bytes)
    assert (result.status, found(result)) == (ScanStatus.COMPLETE, expected)
