"""Which format an object is taken for, and what the places in each are."""

from __future__ import annotations

import codecs
import gzip
import io
import json
from typing import Any

import polars as pl
import pytest

from localaws.macie2.detection.readers.json_paths import json_path
from localaws.macie2.detection.result import Cell, LineRange, Occurrence, Record, ScanResult, ScanStatus
from tests.localaws.macie2.detection.helpers import PATIENT, counts, scan_text

SSN = "USA_SOCIAL_SECURITY_NUMBER"


def found(result: ScanResult, identifier: str = SSN) -> tuple[Occurrence, ...]:
    """The places of one identifier."""
    return next((one.occurrences for one in result.detections if one.identifier == identifier), ())


def parquet(**columns: Any) -> bytes:
    """A Parquet file."""
    stream = io.BytesIO()
    pl.DataFrame(columns).write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("extension", "mime_type"),
    [
        ("txt", "text/plain"),
        ("TXT", "text/plain"),
        ("html", "text/html"),
        ("htm", "text/html"),
        ("xml", "application/xml"),
        ("yaml", "text/yaml"),
        ("log", "text/plain"),
        ("md", "text/plain"),
        ("", "text/plain"),
    ],
)
def test_text_is_told_by_line_whatever_it_is_called(extension: str, mime_type: str) -> None:
    result = scan_text("first\nhis ssn is 078-05-1120.\n", extension=extension)
    assert (result.status, result.mime_type, result.size_classified_bytes) == (ScanStatus.COMPLETE, mime_type, 30)
    assert found(result) == (LineRange(2, 2, 12),)


@pytest.mark.parametrize("extension", ["txt", "", "dat", "log"])
def test_other_binary_content_is_unsupported(extension: str) -> None:
    result = scan_text(bytes(range(256)) * 64, extension=extension)
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, "UNSUPPORTED_FILE_TYPE_EXCEPTION")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssn\n078-05-1120", [(2, 1)]),
        ("078-05-1120\nssn", [(1, 1)]),
        ("ssn" + " " * 30 + "078-05-1120", [(1, 34)]),
        ("ssn" + " " * 31 + "078-05-1120", []),
        ("é ssn é 078-05-1120", [(1, 9)]),
        ("ssn 078-05-1120\r\nx\rssn 219-09-9999", [(1, 5), (3, 5)]),
        ("ssn,x,y\n1,2,3,4,5,6,7,8,9,0,1,2,3,4,5\n078-05-1120", []),
        ("x" * 5000 + " ssn 078-05-1120", [(1, 5006)]),
    ],
)
def test_keyword_must_stand_within_thirty_characters_in_text(text: str, expected: list[tuple[int, int]]) -> None:
    places = found(scan_text(text, managed=SSN, extension="txt"))
    assert [(place.start, place.start_column) for place in places if isinstance(place, LineRange)] == expected


def test_custom_keyword_must_precede_the_match_in_text() -> None:
    text = "P1111 patient\n" + "x" * 100 + "\npatient P2222 P3333\n" + " " * 60 + "P4444"
    assert found(scan_text(text, PATIENT, managed="", extension="txt"), "patient") == (
        LineRange(3, 3, 9),
        LineRange(3, 3, 15),
    )


def test_match_over_several_lines_is_told_by_its_first_and_last() -> None:
    key = (
        "-----BEGIN OPENSSH PRIVATE KEY-----\n"
        + "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n" * 3
        + "-----END OPENSSH PRIVATE KEY-----"
    )
    assert found(scan_text(f"x\n{key}\n", extension="txt"), "OPENSSH_PRIVATE_KEY") == (LineRange(2, 6, 1),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize(
    ("extension", "text", "place"),
    [
        ("txt", "é: ssn 078-05-1120", LineRange(1, 1, 8)),
        ("json", '{"é": "ssn 078-05-1120"}', Record("$['é']", 0)),
        ("csv", "x,é\n1,ssn 078-05-1120\n", Cell(2, 2, "é")),
    ],
)
def test_every_encoding_is_read_in_every_format(extension: str, text: str, place: Occurrence, encoding: str) -> None:
    assert found(scan_text(text.encode(encoding), extension=extension)) == (place,)


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
def test_json_is_told_by_path(text: str, expected: list[tuple[str, int]], chunk_bytes: int) -> None:
    result = scan_text(text, managed=SSN, extension="json", chunk_bytes=chunk_bytes)
    assert result.status is ScanStatus.COMPLETE
    assert found(result) == tuple(Record(*place) for place in expected)


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
def test_json_lines_are_told_by_the_index_of_their_line(chunk_bytes: int) -> None:
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


def test_name_and_address_may_be_spread_over_the_members_of_an_object() -> None:
    person = {"first_name": "John", "last_name": "Smith", "home": {"street": "12 Elm St", "city": "Boston"}}
    person["home"] |= {"state": "MA", "zip": "02139"}  # type: ignore[operator]
    result = scan_text(json.dumps({"people": [person, person]}), extension="json")
    assert counts(result) == {"NAME": 2, "ADDRESS": 2}
    assert found(result, "NAME")[1] == Record("$.people[1].first_name", 0)
    assert found(result, "ADDRESS")[0] == Record("$.people[0].home.street", 0)


def test_sensitive_name_counts_and_no_path_with_it_is_told() -> None:
    result = scan_text('[{"ssn 078-05-1120": {"x": "ssn 219-09-9999"}}]', managed=SSN, extension="json")
    assert (counts(result), found(result)) == ({SSN: 2}, (Record(None, 0), Record(None, 0)))


def test_long_names_and_paths_lose_their_beginning() -> None:
    assert json_path(("a" * 300,)) == "$." + "a" * 240
    assert json_path(("b", "c" * 100, "d" * 100, "e" * 100)) == f"{'c' * 48}.{'d' * 100}.{'e' * 100}"
    assert json_path(("a", 3, "b c", "d-e")) == "$.a[3]['b c']['d-e']"


def test_parquet_is_told_by_record_and_path() -> None:
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssn 078-05-1120,x\nssn 219-09-9999,y\n", (LineRange(1, 1, 1), LineRange(2, 2, 1))),
        ('x,ssn 078-05-1120\n\n"a\nb","ssn 219-09-9999"\n', (LineRange(1, 1, 3), LineRange(4, 4, 5))),
        ('x,ssn 078-05-1120\nb,"a\nssn 219-09-9999"\n', (LineRange(1, 1, 3), LineRange(2, 3, 4))),
    ],
)
def test_csv_with_a_sensitive_header_is_told_by_line(text: str, expected: tuple[Occurrence, ...]) -> None:
    for chunk_bytes in (1, 1 << 20):
        assert found(scan_text(text, managed=SSN, chunk_bytes=chunk_bytes)) == expected


def test_size_is_what_was_read_also_of_utf_16() -> None:
    data = codecs.BOM_UTF16_LE + "x\n".encode("utf-16-le")
    assert scan_text(data, extension="txt").size_classified_bytes == len(data) == 6
    assert scan_text(gzip.compress(data), extension="gz").size_classified_bytes == 6
