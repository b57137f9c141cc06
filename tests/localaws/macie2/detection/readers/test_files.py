"""The choice of a reader by the format."""

from __future__ import annotations

import pytest

from localaws.macie2.detection.result import Cell, LineRange, Occurrence, Record
from tests.localaws.macie2.detection.scans import PATIENT, scan_text


@pytest.mark.parametrize(
    ("extension", "text", "place"),
    [
        ("csv", "PATIENT\nP1234\n", Cell(2, 1, "PATIENT")),
        ("tsv", "PATIENT\tx\nP1234\t\n", Cell(2, 1, "PATIENT")),
        ("json", '{"PATIENT": "P1234"}', Record("$.PATIENT", 0)),
        ("jsonl", '{}\n{"PATIENT": "P1234"}\n', Record("$.PATIENT", 1)),
        ("txt", "PATIENT P1234", LineRange(1, 1, 9)),
    ],
)
def test_places_are_those_of_the_format(extension: str, text: str, place: Occurrence) -> None:
    (detection,) = scan_text(text, PATIENT, managed="", extension=extension).detections
    assert detection.occurrences == (place,)
