"""NAME and ADDRESS by rules: what they find, where, and what they leave alone."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.addresses import iter_addresses, start_of_address
from localaws.macie2.identifiers.names import ColumnKind, iter_names
from tests.localaws.macie2.detection.helpers import counts, places, scan_text


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("NAME", "Tomas436 Sauer652", 1),
        ("NAME", "José Eduardo181 Gómez206", 1),
        ("NOTE", "seen by Tomas436 Sauer652 and Mary12 O'Hara248", 2),
        ("NAME", "John Smith", 1),
        ("NAME", "Smith, John", 1),
        ("NAME", "Dr. Mary-Ann O'Hara, MD", 1),
        ("NOTE", "was seen by Dr. Anna Moser today", 1),
        ("patient_name", "JOHN SMITH", 1),
        ("patient_name", "john smith", 1),
        ("NAME", "John", 0),
        ("NAME", "Tomas436", 0),
        ("NAME", "Quincy Outpatient Clinic", 0),
        ("NAME", "Mary Lane Hospital", 0),
        ("NAME", "HEALTHALLIANCE HOSPITALS  INC", 0),
        ("NAME", "Blue Cross Blue Shield", 0),
        ("CITY", "Jackson Heights", 0),
        ("CITY", "Charlotte Amalie", 0),
        ("DRUG", "Camila 28 Day Pack", 0),
        ("DESCRIPTION", "Natazia 28 Day Pack", 0),
        ("DESCRIPTION", "Alzheimer's disease (disorder)", 0),
        ("DESCRIPTION", "Latex allergy", 0),
        ("DESCRIPTION", "Digital Radiography", 0),
    ],
)
def test_name_is_found_only_when_it_is_a_full_name(column: str, value: str, expected: int) -> None:
    assert counts(scan_text(f'{column},N\n"{value}",1\n', managed="NAME")).get("NAME", 0) == expected


@pytest.mark.parametrize(
    "header", ["FIRST,LAST", "first_name,last_name", "Last Name,First Name", "patient_first,x,surname"]
)
def test_split_name_is_reported_at_its_left_column(header: str) -> None:
    row = "Milo271,,Feil794" if header.count(",") == 2 else "Milo271,Feil794"
    result = scan_text(f"id,{header}\n1,{row}\n2,,\n", managed="NAME")
    assert places(result) == [(2, 2, header.split(",")[0])]


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


@pytest.mark.parametrize(("identifier", "line"), [("NAME", "John Smith,1"), ("ADDRESS", '"Boston, MA 02139",1')])
def test_counting_stops_at_a_thousand_for_what_rules_find(identifier: str, line: str) -> None:
    result = scan_text("a,b\n" + f"{line}\n" * 1500, managed=identifier, chunk_bytes=3000)
    assert counts(result) == {identifier: 1000}
    assert places(result)[-1][0] == 1001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The patient John Smith was seen by Mary-Ann O'Hara on Monday.", ["John Smith", "Mary-Ann O'Hara"]),
        ("seen by Dr. Anna Moser today, Linda Jones too", ["Dr. Anna Moser", "Linda Jones"]),
        ("José Eduardo181 Gómez206 and Tomas436 Sauer652", ["José Eduardo181 Gómez206", "Tomas436 Sauer652"]),
        ("Ludwig van Beethoven met Maria de la Cruz", ["Ludwig van Beethoven", "Maria de la Cruz"]),
        ("Contact John Q. Smith Monday", ["John Q. Smith"]),
        ("first line\nJürgen Müller\nlast line", ["Jürgen Müller"]),
        ("signed by Carroll, Kimberly", ["Carroll, Kimberly"]),
        ("Lynda Hall called", ["Lynda Hall"]),
        ("Johnson, Norris and Kim", []),
        ("Grégoire Léger S.A.S.", []),
        ("109 Kimberly Lees", []),
        ("rue Bernadette Pages", []),
        ("near Martin Luther King Drive and George Washington University", []),
        ("given Camila 28 Day Pack for Alzheimer's Disease in Grand Rapids", []),
        ("Houston, Austin, Jackson", []),
    ],
)
def test_names_within_a_text_are_found_where_they_stand(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in iter_names(text, ColumnKind.NEUTRAL)] == expected


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


@pytest.mark.parametrize(
    ("cells", "at", "start"),
    [
        (["12 Queen St", "Toronto", "ON", "M5H 2M9"], 3, 0),
        (["1 George St", "Sydney", "NSW", "2000"], 3, 0),
        (["1 George St", "Sydney", "NSW", "6000"], 3, None),
        (["10 Downing Street", "London", "SW1A 2AA"], 2, 0),
        (["Hauptstraße 5", "10115", "Berlin"], 1, 0),
        (["x", "10115", "Berlin"], 1, None),
    ],
)
def test_address_of_another_country_starts_at_its_street(cells: list[str], at: int, start: int | None) -> None:
    assert start_of_address(cells, at) == start
