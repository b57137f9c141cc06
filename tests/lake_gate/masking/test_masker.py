"""Writing of masked copies: only masked cells differ, and tables still join."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from lake_gate.errors import UnparsableRowError
from lake_gate.masking.dates import days_of
from tests.lake_gate.masking.tables import KEEP, NULL, SHIFT, TOKEN, keys_of, mask, spec_of

COLUMNS = {"Id": KEEP, "SSN": NULL, "ZIP": {"method": "zip3"}, "NOTE": {"method": "constant", "value": "removed"}}


@pytest.mark.parametrize(
    ("content", "masked"),
    [
        (b"Id,SSN,ZIP,NOTE\n1,999-76-6866,01013,x\n", b"Id,SSN,ZIP,NOTE\n1,,010,removed\n"),
        (b"Id,SSN,ZIP,NOTE\r\n1,999-76-6866,01013,\r\n", b"Id,SSN,ZIP,NOTE\r\n1,,010,\r\n"),
        (b'"Id","SSN","ZIP","NOTE"\n"1","999","01013","x"\n', b'"Id","SSN","ZIP","NOTE"\n"1","","010","removed"\n'),
        (b'Id,SSN,ZIP,NOTE\n"a ""b"", c",999,01013,"x, y"', b'Id,SSN,ZIP,NOTE\n"a ""b"", c",,010,"removed"'),
        (b'Id;SSN;ZIP;NOTE\n"1";;"";x\r\n2;9;01013;x\n', b'Id;SSN;ZIP;NOTE\n"1";;"";removed\r\n2;;010;removed\n'),
        (
            b"\xef\xbb\xbfId,SSN,ZIP,NOTE\nJos\xe9,9,01013,\xff\n",
            b"\xef\xbb\xbfId,SSN,ZIP,NOTE\nJos\xe9,,010,removed\n",
        ),
        (b"sep=;\nId;SSN;ZIP;NOTE\n1;9;01013;x\n", b"sep=;\nId;SSN;ZIP;NOTE\n1;;010;removed\n"),
        (b"SSN,Id\n9,1\n", b"SSN,Id\n,1\n"),
        (b"ID,SSN\n", b"ID,SSN\n"),
    ],
)
def test_what_is_not_masked_is_written_byte_by_byte(content: bytes, masked: bytes) -> None:
    assert mask(content, spec_of(COLUMNS))[0] == masked


def test_utf16_stays_utf16() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        content, masked = (f"\ufeffId\tSSN\r\nJosé\t{ssn}\r\n".encode(encoding) for ssn in ("999-76-6866", ""))
        assert mask(content, spec_of(COLUMNS), name="t.tsv")[0] == masked


def test_dropped_columns_are_left_out_with_their_header() -> None:
    columns = {"A": {"method": "drop"}, "B": KEEP, "C": {"method": "drop"}}
    masked, report = mask('A,B,C\n1,"2",3\n', spec_of(columns))
    assert (masked, report.columns) == (b'B\n"2"\n', 1)


def test_file_without_a_header_is_masked_from_the_first_row() -> None:
    masked, report = mask("9,x\n8,y\n", spec_of(identifiers={"SSN": NULL}), found=[(None, 1, "SSN")])
    assert (masked, report.rows, report.methods) == (b",x\n,y\n", 2, {"#1": "null"})


def rows_of(masked: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(masked.decode())))


def test_tokens_join_tables_of_one_key_and_no_others() -> None:
    spec = spec_of(identifiers={"ID": TOKEN, "OTHER": {**TOKEN, "namespace": "other"}})
    patients = "Id,X\n" + "".join(f"p{number},{number}\n" for number in range(50))
    visits = "PATIENT,Y\n" + "".join(f'"p{number % 70}",{number}\n' for number in range(200))

    def tokens(content: str, column: str, identifier: str = "ID", **more: Any) -> list[str]:
        masked, _ = mask(content, spec, found=[(None, 1, identifier)], **more)
        return [row[column] for row in rows_of(masked)]

    known = set(tokens(patients, "Id"))
    assert len(known) == 50
    assert [token in known for token in tokens(visits, "PATIENT")] == [number % 70 < 50 for number in range(200)]
    assert known.isdisjoint(tokens(visits, "PATIENT", "OTHER"))
    assert known.isdisjoint(tokens(visits, "PATIENT", keys=keys_of(b"another secret")))


def test_copy_follows_from_content_spec_and_key_alone() -> None:
    content = "PATIENT,START\n" + "".join(f"p{number % 9},2020-01-{1 + number % 28:02}\n" for number in range(3_000))
    spec = spec_of({"PATIENT": TOKEN, "START": SHIFT})
    copies = {mask(content, spec)[0] for _ in range(3)}
    assert len(copies) == 1
    assert mask(content, spec, keys=keys_of(b"another secret"))[0] not in copies
    assert mask(content, spec_of({"PATIENT": TOKEN, "START": SHIFT}, key_version=2))[0] not in copies


def test_days_of_a_patient_do_not_follow_from_the_token() -> None:
    """With one key for both, the digits of the token would be those that the days are computed from."""
    content = "PATIENT,START\n" + "".join(f"p{number},2000-01-01\n" for number in range(300))
    dates = [row["START"] for row in rows_of(mask(content, spec_of({"PATIENT": TOKEN, "START": SHIFT}))[0])]
    key = keys_of().of("patient")
    with_key_of_tokens = mask(content, spec_of({"PATIENT": KEEP, "START": SHIFT}), keys=keys_of())[0]
    assert [row["START"] for row in rows_of(with_key_of_tokens)] == dates
    from datetime import date

    shifts = [(date.fromisoformat(shifted) - date(2000, 1, 1)).days for shifted in dates]
    same = sum(days_of(key, f"p{number}") == shift for number, shift in enumerate(shifts))
    assert same < 10


def test_dates_of_a_patient_move_together_and_stay_empty_without_a_patient() -> None:
    content = (
        'PATIENT,START\np1,2000-01-01\np1,"2000-01-31T10:00:00Z"\n,2000-01-01\np1,\n"p1",2000-03-01\n"",2000-01-01\n""'
        ',"2000-01-01"\n'
    )
    masked = mask(content, spec_of({"PATIENT": KEEP, "START": SHIFT}))[0].decode().splitlines()
    first, second, third = (line.partition(",")[2] for line in (masked[1], masked[2], masked[5]))
    assert second.startswith('"')
    assert second.endswith('T10:00:00Z"')
    from datetime import date

    days = [date.fromisoformat(text.strip('"')[:10]).toordinal() for text in (first, second, third)]
    assert [day - days[0] for day in days] == [0, 30, 60]
    assert [masked[3], masked[4], masked[6], masked[7]] == [",", "p1,", '"",', '"",""']


@pytest.mark.parametrize(
    ("content", "row", "problem"),
    [
        ("PATIENT,START\np1,2000-01-01\np1,01/02/2000\n", 3, "has a cell in column START that is not an ISO date"),
        ('PATIENT,START\np1,"Ann"\n', 2, "has a cell in column START that is not an ISO date"),
        ("PATIENT,START\np1,2000-01-01\np1\n", 3, "has 1 cells instead of 2"),
        ("PATIENT,START\n" + "p1,2000-01-01\n" * 40_000 + "p1,x\n", 40_002, "has a cell in column START"),
        ('PATIENT,START\np1,2000-01-01\np1,"x\n', 3, "has a quote or a line end at a wrong place"),
        ('PATIENT,START,"\n', 1, "has a quote or a line end at a wrong place"),
        ("PATIENT,START\r\np1,x\0\r\n", 2, "has a NUL character"),
    ],
)
def test_row_that_cannot_be_masked_is_named_by_its_number_alone(content: str, row: int, problem: str) -> None:
    with pytest.raises(UnparsableRowError) as error:
        mask(content, spec_of({"PATIENT": TOKEN, "START": SHIFT}))
    assert error.value.row == row
    assert error.value.problem.startswith(problem)
    assert not {"Ann", "01/02"} & set(str(error.value).replace("'", " ").split())
