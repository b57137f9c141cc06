"""Headers: names of columns are found, and no value is ever taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake_gate.delivery.header import VOCABULARY, header_of, width_of

PATIENTS = (
    b"Id,BIRTHDATE,SSN,FIRST,LAST\n1d604da9,1989-05-25,999-76-6866,Milo271,Feil794\n2,1983-11-14,999-73-5361,A,B\n"
)


def header(content: bytes, name: str = "a.csv") -> tuple[str, ...]:
    return header_of(name, content, is_whole=True)


def test_names_of_the_columns_of_synthea_are_found(real_delivery: Path) -> None:
    for path in sorted(real_delivery.glob("*.csv")):
        sample = path.read_bytes()
        first, _, rest = sample.partition(b"\n")
        expected = tuple(first.decode().split(",")) if rest else ()
        assert header_of(path.name, sample[:65536], is_whole=len(sample) <= 65536) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PATIENTS, ("Id", "BIRTHDATE", "SSN", "FIRST", "LAST")),
        (b"\xef\xbb\xbf" + PATIENTS, ("Id", "BIRTHDATE", "SSN", "FIRST", "LAST")),
        (PATIENTS.decode().encode("utf-16"), ("Id", "BIRTHDATE", "SSN", "FIRST", "LAST")),
        (PATIENTS.replace(b"\n", b"\r\n"), ("Id", "BIRTHDATE", "SSN", "FIRST", "LAST")),
        (PATIENTS.replace(b",", b";"), ("Id", "BIRTHDATE", "SSN", "FIRST", "LAST")),
        (PATIENTS.replace(b",", b"\t"), ("Id", "BIRTHDATE", "SSN", "FIRST", "LAST")),
        (PATIENTS.replace(b",", b"|"), ("Id", "BIRTHDATE", "SSN", "FIRST", "LAST")),
        (b'"patient id","first name"\n"1","Smith, John\nsecond line"\n', ("patient id", "first name")),
        (b"SSN\n219-09-9999\n", ("SSN",)),
        (b"patientId,birth_date,address1\nx,y,z\n", ("patientId", "birth_date", "address1")),
        (b"Id,NAME\n\xff\xfe,caf\xe9\n", ("Id", "NAME")),
        (b"patient_id,favourite\n1,x\n", ("patient_id", "")),
    ],
)
def test_names_are_found_however_the_file_is_written(content: bytes, expected: tuple[str, ...]) -> None:
    assert header(content) == expected


ABOVE = [
    b"Patient extract, 2026-11-01\n",
    b"Patient extract\nClinic North\n\n",
    b"# exported by a tool\n# of patients, with names\n",
    b'"Patient extract\nof all, confidential"\n',
    b"\n\n",
    b"sep=,\n",
    b'"sep=,"\r\n',
    b"sep=\n",
    b"sep=,\nPatient extract\n",
]


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_names_are_found_below_titles_and_comments(above: bytes, mark: bytes) -> None:
    assert header(mark + above + PATIENTS) == ("Id", "BIRTHDATE", "SSN", "FIRST", "LAST")


@pytest.mark.parametrize("delimiter", [b";", b"|", b"\t", b"^"])
def test_delimiter_is_that_of_the_line_above(delimiter: bytes) -> None:
    assert header(b"sep=" + delimiter + b"\n" + b"id,SSN;\n1,2;\n".replace(b",", delimiter).replace(b";\n", b"\n")) == (
        "id",
        "SSN",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"HIV positive,1\nMilo,Feil,2\nTomas,Sauer,3\n",
        b"Patient extract\nMilo Feil,HIV positive,2\nTomas Sauer,HIV negative,3\n",
        b"Patient extract\n" * 11 + PATIENTS,
        b"a,b,c,d,e,f\n" + PATIENTS,
        b"Patient extract\nSSN\n1\n",
        b'"Surname, title";first_name;ssn;dob\nA;B;3;4\n',
    ],
)
def test_rows_above_do_not_make_a_header_of_data(content: bytes) -> None:
    assert header(content) == ()


def test_name_that_is_not_known_is_not_kept() -> None:
    """A word that is not in the vocabulary may be a value, even beside names."""
    assert header(b"patient_id,Smith,date\n1,Jones,2020-01-01\n") == ("patient_id", "", "date")


@pytest.mark.parametrize(
    "content",
    [
        b"1,HIV positive since spring\n2,SSN 219-09-9999\n",
        b"HIV positive since spring,1\nHIV negative,2\n",
        b"HIV positive since spring\n12\n",
        b"Milo,Feil\nTomas,Sauer\n",
        b"Smith,unknown\nJones,1983\n",
        b"HIV status,positive,Smith\nGlucose,120,Jones\n",
        b"219-09-9999,date\n457-55-5462,date\n",
        b"1989-05-25,1990-05-25\n1989-05-26,1990-05-26\n",
        b"id,jane@example.org\n2,b@example.org\n",
        b"76982e06-f8b8-4509-9ca3-65a99c8650fe,date\n76982e06-f8b8-4509-9ca3-65a99c8650ff,2\n",
        b"S99984236,X19277260X\nS99984237,X19277260Y\n",
        b"id,date,\n1,2020-01-01,x\n",
        b"id,date,Date\n1,2020-01-01,x\n",
        b"id,date\n1,2020-01-01,x\n",
        b"id,date\n",
        b"id,date",
        b"",
        b"\n\n\n",
        b"\x00\x01id,date\n1,2\n",
        b'id,"date\n1,2\n',
        b"id," + b"x" * 200_000 + b"\n1,2\n",
        b"%PDF-1.7\n1 0 obj\n",
        "Größe,Straße\n1,2\n".encode(),
    ],
)
def test_file_without_a_certain_header_has_none(content: bytes) -> None:
    assert header(content) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"Ward 12,Death\nWard 7,Discharge\nWard 3,Death\n",
        b"Death\nDischarge\n",
        b"Death\nDischarge\nDeath\n",
        b"Hospital,Ward\nClinic,Emergency\n",
        b"Death,Hospital\nDischarge,Ward 7\nAdmission,Ward 3\n",
        b"Death,Primary\n12,7\n",
        b"Admission date,Patient\nPatient,Admission date\n",
        b"Name,City\nAda,Town\n",
        b"Status\nKnown status\n",
        b"patient\nprovider\n",
        b"Patient death\n12\n",
        b"Religion\n12\n",
        b"Code 12\nseven\n",
        b"Address 44\nMain Street 3\n",
        b"ICD 44\nx\n",
        b"DEATH\nDischarge\n",
        b"gender,id,date\ngender,1,2020\nrace,2,2021\n",
        b"Gender,Id\nMale,7\n",
    ],
)
def test_row_of_words_that_could_be_values_is_no_header(content: bytes) -> None:
    assert not any(header(content))


@pytest.mark.parametrize("word", ["death", "discharge", "admission", "hospital", "ward", "clinic", "religion"])
def test_word_that_is_also_a_value_is_kept_only_before_an_attribute(word: str) -> None:
    assert header(f"id,{word}\n1,2\n".encode())[1:] in {(), ("",)}
    assert header(f"id,{word}_code\n1,2\n".encode()) == ("id", f"{word}_code")


def test_number_is_kept_only_where_columns_of_one_kind_are_numbered() -> None:
    assert header(b"id,address1,address_2,ward_7,code12\n1,x,y,z,4\n") == ("id", "address1", "address_2", "", "")


@pytest.mark.parametrize("name", ["a.json", "a.pdf", "a", "a.csv.gz", "a.parquet"])
def test_files_of_other_kinds_have_none(name: str) -> None:
    assert header(PATIENTS, name) == ()


def test_row_that_the_sample_cuts_is_not_looked_at() -> None:
    assert header_of("a.csv", b"id,date\n1,2020-01-01\n2,20", is_whole=False) == ("id", "date")
    assert header_of("a.csv", b'id,date\n1,2020-01-01\n2,"20\n20', is_whole=False) == ("id", "date")
    assert header_of("a.csv", b"id,date\n1", is_whole=False) == ()


def test_whatever_a_file_holds_only_words_of_the_vocabulary_are_kept() -> None:
    values = ["Smith", "HIV", "positive", "id", "date", "name", "Boston", "x", "M", "status"]
    for first in values:
        for second in values:
            for cell in header(f"{first},{second},code\n1,2,3\n".encode()):
                assert not cell or cell.lower() in VOCABULARY


@pytest.mark.parametrize(
    "content",
    [
        "PRICE,MAX\nSmith,John\nJones,Ann\n",
        "PRICE,DAY,MAX\nSmith,Lee,Ann\nJones,Kim,Bob\n",
        "sep=;\nPRICE;MAX\nSmith;John\nJones;Ann\n",
        "Members\nPRICE,MAX\nSmith,John\nJones,Ann\n",
        "Max Price,Line Street\nJohn 1,Ann 2\nBob 3,Sue 4\n",
        "Price,Street,Max\n12,13,14\n15,16,17\n",
        "Max,Price\n1970-01-01,12 Main St\n1971-01-01,13 Main St\n",
        "maxPrice,lineStreet\nJohn,Ann\nBob,Sue\n",
    ],
)
def test_words_that_are_also_names_of_persons_are_no_header(content: str) -> None:
    assert header_of("people.csv", content.encode(), is_whole=True) == ()


@pytest.mark.parametrize(
    ("content", "width"),
    [(b"a;b;c\n1;2;3\n", 3), (b"1,2\n3,4\n", 2), (b"1,2\n3\n", None), (b"", None), (b"only one column\nx\n", 1)],
)
def test_width_is_the_number_of_cells_that_all_rows_have(content: bytes, width: int | None) -> None:
    assert width_of("a.csv", content, is_whole=True) == width
