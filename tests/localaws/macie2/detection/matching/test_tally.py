"""Counts and places: order and limits."""

from __future__ import annotations

import pytest

from tests.localaws.macie2.detection.scans import PATIENT, counts, places, scan_text


@pytest.mark.parametrize(("identifier", "line"), [("NAME", "John Smith,1"), ("ADDRESS", '"Boston, MA 02139",1')])
def test_counting_stops_at_a_thousand_for_what_rules_find(identifier: str, line: str) -> None:
    result = scan_text("a,b\n" + f"{line}\n" * 1500, managed=identifier, chunk_bytes=3000)
    assert counts(result) == {identifier: 1000}
    assert places(result)[-1][0] == 1001


def test_at_most_a_thousand_first_places_are_kept_in_file_order() -> None:
    result = scan_text("PATIENT,PATIENT\n" + "P1234,P5678\n" * 900, PATIENT, managed="", chunk_bytes=512)
    assert counts(result) == {"patient": 1800}
    assert [place[:2] for place in places(result)] == [(row, column) for row in range(2, 502) for column in (1, 2)]
