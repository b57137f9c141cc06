"""Addresses: in rows and within text."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.addresses import iter_addresses
from tests.localaws.macie2.detection.scans import places, scan_text


@pytest.mark.parametrize(
    ("row", "start"),
    [
        ("60 HOSPITAL ROAD,LEOMINSTER,MA,01453,,", 1),
        ("60 HOSPITAL ROAD,LEOMINSTER,MA,01453-1234,,", 1),
        ("427 Balistreri Way Unit 19,Chicopee,Massachusetts,Hampden County,01013,", 1),
        ("Michigan Plaza,Chicago,IL,60007,,", 1),
        ("9 Elm St,,Boston,MA,02139,", 1),
        ("x,Boston,MA,02139,,", 2),
        ("x,12 Elm St,Boston,02139,,", 2),
        ('x,"12 Elm St, Boston, MA 02139",,,,', 2),
        ("60 HOSPITAL ROAD,LEOMINSTER,MA,1453,,", None),
        ("60 HOSPITAL ROAD,LEOMINSTER,MA,,,", None),
        ("x,y,CODE,12345,,", None),
        ("abc,Boston,00012,MA,,", None),
        ("x,,MA,02139,,", None),
        ("x,10 MG OR 12500,,,,", None),
    ],
)
def test_address_needs_a_place_and_a_valid_zip_code_in_its_row(row: str, start: int | None) -> None:
    result = scan_text(f"a,b,c,d,e,f\n{row}\n", managed="ADDRESS")
    assert [(line, column) for line, column, _ in places(result)] == ([] if start is None else [(2, start)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "12 Elm St, Boston, MA 02139 and 9 Main Street, Springfield, Illinois 62704.",
            ["12 Elm St, Boston, MA 02139", "9 Main Street, Springfield, Illinois 62704"],
        ),
        ("10 Downing Street, London SW1A 2AA", ["10 Downing Street, London SW1A 2AA"]),
        ("123 Queen St W, Toronto, ON M5H 2M9", ["123 Queen St W, Toronto, ON M5H 2M9"]),
        ("Montréal (Québec) H2Y 1C6", ["Montréal (Québec) H2Y 1C6"]),
        ("1 George St, Sydney NSW 2000", ["1 George St, Sydney NSW 2000"]),
        ("49, rue Hamel\n75008 Paris", ["49, rue Hamel\n75008 Paris"]),
        ("Hauptstraße 5, 10115 Berlin", ["Hauptstraße 5, 10115 Berlin"]),
        ("Calle Mayor, 5, 28013 Madrid", ["Calle Mayor, 5, 28013 Madrid"]),
        ("Reyes Católicos 75, 11130 Chiclana", ["Reyes Católicos 75, 11130 Chiclana"]),
        ("Via Roma, 10, 33100 Udine", ["Via Roma, 10, 33100 Udine"]),
        ("Boston, MA 99501", []),
        ("Sydney NSW 6000", []),
        ("Toronto, ON H2Y 1C6", []),
        ("Model AB12 3CD", []),
        ("12345 Patients came via email 12345 Tickets", []),
        ("Order 75011 Boxes", []),
    ],
)
def test_addresses_within_a_text_are_found_where_they_stand(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in iter_addresses(text)] == expected
