"""NAME and ADDRESS by rules: what they find, where, and what they leave alone."""

from __future__ import annotations

import pytest

from tests.localaws.detection.helpers import counts, places, scan_text


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
