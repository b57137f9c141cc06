"""Names of persons: in columns of their own, split over two, and within text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localaws.macie2.identifiers.names import ColumnKind, iter_names, prefilters, split_columns
from tests.examples import examples
from tests.localaws.macie2.detection.scans import counts, places, scan_text


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
    "text",
    [
        "Villa Castelli",
        "Monte Isola",
        "Castel San Pietro Terme",
        "San Giovanni Rotondo",
        "Junior Colleges",
        "Monte Carlo Methods",
        "Christian Ethics",
        "Johnson Controls",
        "John Lewis Partnership",
        "Via Giuseppe Garibaldi",
        "Rue Victor Hugo",
        "Karl-Marx-Straße",
        "ADT^A01",
        "GLUCOSE^MASS",
        "HOSPITAL^MAIN^LAB",
    ],
)
def test_a_place_a_course_a_company_and_a_street_are_no_names(text: str) -> None:
    assert list(iter_names(text, ColumnKind.NEUTRAL)) == []


@pytest.mark.parametrize("name", ["municipality", "Comune", "programme", "course_title", "venue"])
def test_a_column_that_is_named_for_a_thing_holds_no_names(name: str) -> None:
    assert ColumnKind.of(name) is ColumnKind.THING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SMITH^ANNA^M", "SMITH^ANNA^M"),
        ("PID|1||123||DOE^JOHN^^^MR||1980", "DOE^JOHN^^^MR"),
        ("O'HARA^MARY ANN", "O'HARA^MARY ANN"),
    ],
)
def test_a_name_of_hl7_is_found(text: str, expected: str) -> None:
    assert [text[start:end] for start, end in iter_names(text, ColumnKind.NEUTRAL)] == [expected]


@pytest.mark.parametrize(
    "text", ["Rose Hall", "MUELLER HANS", "Rajesh Kumar", "smith, john a", "VAN DER BERG, PETER", "Chen Wei"]
)
def test_in_a_column_for_persons_one_known_name_is_enough(text: str) -> None:
    assert list(iter_names(text, ColumnKind.PERSON)) == [(0, len(text))]


@pytest.mark.parametrize("text", ["Johnson Controls", "Smith Clinic", "Boston Hospital", "Unknown Patient", "Acme Ltd"])
def test_in_a_column_for_persons_an_organisation_is_no_name(text: str) -> None:
    assert list(iter_names(text, ColumnKind.PERSON)) == []


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("SMITH, JOHN", True),
        ("SMITH, JOHN A.", True),
        ("XQZT, JOHN", False),
        ("SMITH, BOSTON", False),
        ("JOHN SMITH", False),
        ("SANTA MARIA", False),
        ("GRAND RAPIDS, MICHIGAN", False),
    ],
)
def test_a_whole_value_in_capitals_is_a_name_with_a_comma_and_both_names_known(text: str, is_name: bool) -> None:
    assert bool(list(iter_names(text, ColumnKind.NEUTRAL))) is is_name


@pytest.mark.parametrize(
    "names",
    ["Name,Vorname", "Vorname,Name", "prénom,nom", "nome,cognome", "nombre,apellidos", "Given Name(s),Surname"],
)
def test_split_names_are_known_in_other_languages(names: str) -> None:
    assert len(split_columns(names.split(","))) == 1


@pytest.mark.parametrize("names", ["first_name,name", "name,code", "nom,code", "Vorname,Ort,Land,Name"])
def test_a_column_of_names_alone_is_no_pair(names: str) -> None:
    assert split_columns(names.split(",")) == []


@pytest.mark.parametrize(
    ("extension", "text"), [("csv", "v,w\n{},1\n"), ("json", '{{"v": "{}"}}'), ("txt", "x\n{}\ny\n")]
)
def test_a_name_of_hl7_without_a_space_is_found_in_every_format(extension: str, text: str) -> None:
    assert counts(scan_text(text.format("SMITH^ANNA^M"), managed="NAME", extension=extension)) == {"NAME": 1}


PIECES = [
    *("Anna Moser", "anna moser", "MOSER, ANNA", "Moser, Anna", "Dr. Anna Moser", "Anna M. Moser Jr.", "MOSER^ANNA"),
    *("José12 Gómez3", "moser, a. b. ph.d.", "x", "7", " ", "  ", "\n", "\r\n", "\x0b", "\u2028", ", ", "-", "'"),
    *("Smith", "anna", "^", ".", "\u0345"),
]


@settings(max_examples=examples(500), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.sampled_from(ColumnKind))
def test_no_first_look_passes_over_a_name(value: str, kind: ColumnKind) -> None:
    """As in one line of a cell of several."""
    if list(iter_names(value, kind)):
        assert any(regex.re2.search(value) for regex in prefilters(kind))


@pytest.mark.parametrize(("header", "cell"), [("patient", "\nanna moser"), ("x", "MOSER, ANNA\nWard 7")])
def test_name_in_one_line_of_a_cell_is_found(header: str, cell: str) -> None:
    assert counts(scan_text(f'{header},last\n"{cell}",1\n')) == {"NAME": 1}
