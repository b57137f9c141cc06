"""Text: keywords, encodings and places by line."""

from __future__ import annotations

import pytest

from localaws.macie2.detection.result import LineRange, ScanStatus
from tests.localaws.macie2.detection.scans import PATIENT, SSN, found, scan_text


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
def test_text_is_located_by_line_whatever_its_extension(extension: str, mime_type: str) -> None:
    result = scan_text("first\nhis ssn is 078-05-1120.\n", extension=extension)
    assert (result.status, result.mime_type, result.size_classified_bytes) == (ScanStatus.COMPLETE, mime_type, 30)
    assert found(result) == (LineRange(2, 2, 12),)


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


def test_match_over_several_lines_is_located_by_its_first_and_last() -> None:
    key = (
        "-----BEGIN OPENSSH PRIVATE KEY-----\n"
        + "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n" * 3
        + "-----END OPENSSH PRIVATE KEY-----"
    )
    assert found(scan_text(f"x\n{key}\n", extension="txt"), "OPENSSH_PRIVATE_KEY") == (LineRange(2, 6, 1),)
