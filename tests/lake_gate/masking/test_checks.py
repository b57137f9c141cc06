"""Checks of masked copies: they find what a defective masker leaves, and they do not trust it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from lake_gate.errors import MaskCheckError, UnparsableRowError
from lake_gate.masking import masker
from lake_gate.masking.checks import Check
from lake_gate.masking.dialect import find_dialect
from lake_gate.masking.plan import plan_columns
from lake_gate.masking.risk import Groups
from tests.lake_gate.masking.tables import KEEP, NULL, SHIFT, TOKEN, landed_as, mask, spec_of

COLUMNS: dict[str, Any] = {
    "Id": TOKEN,
    "PATIENT": {**TOKEN, "namespace": "other"},
    "START": SHIFT,
    "BIRTH": {"method": "year"},
    "SSN": NULL,
    "ZIP": {"method": "zip3"},
    "PLACE": {"method": "state"},
    "INCOME": {"method": "round", "step": 1000},
    "NOTE": {"method": "constant", "value": "removed"},
    "OUT": {"method": "drop"},
    "CODE": KEEP,
}
ROWS = [
    f"id{n},1d604da9-9a81-4ba9-80c2-de3375d59b{n:02},2020-0{1 + n % 9}-11T10:00:00Z,19{50 + n % 40}-05-25,"
    f"999-76-68{n:02},010{n % 90 + 10},Boston  Massachusetts  US,{n * 1234}.5,note {n},out{n},{n % 5}"
    for n in range(60)
]
CONTENT = "\n".join([",".join(COLUMNS), *ROWS, ""])
SPEC = spec_of(COLUMNS)
MASKED = mask(CONTENT, SPEC)[0].decode()


def check(copy: str | bytes, content: str | bytes = CONTENT) -> Check:
    """Compare an original with a copy."""
    content, copy = (text.encode() if isinstance(text, str) else text for text in (content, copy))
    dialect = find_dialect("t.csv", content)
    assert dialect
    plan = plan_columns(landed_as("t.csv", content), content.decode().split("\n")[0].split(","), SPEC, [])
    checked = Check("t.csv", dialect, plan, SPEC, Groups([]))
    checked.compare(io.BytesIO(content), io.BytesIO(copy))
    return checked


def with_cell(row: int, column: str, value: str) -> str:
    """Return the masked copy with another cell; the column that is dropped is left out."""
    lines = MASKED.split("\n")
    cells = lines[row].split(",")
    cells[[name for name in COLUMNS if name != "OUT"].index(column)] = value
    lines[row] = ",".join(cells)
    return "\n".join(lines)


def original(row: int, column: str) -> str:
    return CONTENT.split("\n")[row].split(",")[list(COLUMNS).index(column)]


def test_right_copy_passes() -> None:
    assert check(MASKED).collisions == 0


@pytest.mark.parametrize("column", [name for name, rule in COLUMNS.items() if rule["method"] not in {"drop", "keep"}])
def test_a_single_original_value_in_its_own_column_is_found(column: str) -> None:
    for row in (1, 33, 60):
        with pytest.raises(MaskCheckError) as error:
            check(with_cell(row, column, original(row, column)))
        assert original(row, column) not in str(error.value)


@pytest.mark.parametrize("source", ["Id", "SSN", "BIRTH", "INCOME", "ZIP", "NOTE", "OUT", "PLACE"])
@pytest.mark.parametrize("target", ["PATIENT", "START", "BIRTH", "SSN", "ZIP", "PLACE", "INCOME", "NOTE"])
def test_original_value_in_another_masked_column_is_found(source: str, target: str) -> None:
    with pytest.raises(MaskCheckError):
        check(with_cell(40, target, original(7, source)))


@pytest.mark.parametrize(
    "copy",
    [
        with_cell(5, "CODE", "9"),
        with_cell(5, "CODE", ""),
        MASKED.replace("CODE", "CODES"),
        "\n".join([*MASKED.split("\n")[:-2], ""]),
        MASKED + MASKED.split("\n")[-2] + "\n",
        MASKED.replace("\n", ",\n"),
        with_cell(5, "CODE", "4,1"),
        "",
    ],
)
def test_copy_with_other_rows_or_other_unmasked_cells_is_found(copy: str) -> None:
    with pytest.raises(MaskCheckError):
        check(copy)


@pytest.mark.parametrize("cell", ["{}", "wife of {}", "urn:uuid:{}."])
def test_id_in_a_column_that_is_not_masked_is_found(cell: str) -> None:
    value = cell.format(original(7, "PATIENT"))
    content = CONTENT.replace("out6,1\n", f"out6,{value}\n")
    with pytest.raises(MaskCheckError, match="column CODE is not masked and has UUIDs") as error:
        mask(content, SPEC)
    assert value not in str(error.value)


@pytest.mark.parametrize("column", ["START", "BIRTH", "SSN"])
def test_masked_value_in_a_column_that_is_not_masked_is_found_in_its_row(column: str) -> None:
    value = original(7, column)
    with pytest.raises(MaskCheckError, match=f"a value of column {column} is also in column CODE, which is") as error:
        mask(CONTENT.replace("out6,1\n", f"out6,{value}\n"), SPEC)
    assert value not in str(error.value)


@pytest.mark.parametrize(
    "cell", ["É12345", "é12345", "  É12345", "É12345\u3000", "e\u030112345", "É\uff11\uff12345", '"É12345 "']
)
def test_masked_value_in_another_spelling_is_found_in_its_row(cell: str) -> None:
    columns = {"SSN": NULL, "CODE": KEEP}
    with pytest.raises(MaskCheckError, match="a value of column SSN is also in column CODE, which is"):
        mask(f"SSN,CODE\nother,12\nÉ12345,{cell}\n", spec_of(columns))


def test_spaces_do_not_make_a_value_short() -> None:
    with pytest.raises(MaskCheckError, match="a value of column SSN is also in column CODE, which is"):
        mask("SSN,CODE\n12345 ,12345 \n", spec_of({"SSN": NULL, "CODE": KEEP}))


def test_the_same_value_in_another_row_is_no_error() -> None:
    copy, _ = mask("SSN,CODE\nA12345,other\nother,a12345\n", spec_of({"SSN": NULL, "CODE": KEEP}))
    assert copy == b"SSN,CODE\n,other\n,a12345\n"


@pytest.mark.parametrize(("value", "where"), [("Humana", "PLACE"), ("12345", "SSN"), ("123456", "INCOME")])
def test_word_short_number_or_amount_may_be_the_same_in_two_columns(value: str, where: str) -> None:
    columns = {"PLACE": NULL, "SSN": NULL, "INCOME": {"method": "round", "step": 1000}, "CODE": KEEP}
    cells = {"PLACE": "", "SSN": "", "INCOME": "", "CODE": value, where: value}
    copy, _ = mask(f"{','.join(columns)}\n{','.join(cells[name] for name in columns)}\n", spec_of(columns))
    assert copy.decode().endswith(f",{value}\n")


def test_incomplete_character_at_the_end_is_compared() -> None:
    content = CONTENT.encode().removesuffix(b"\n")
    copy = mask(content, SPEC)[0]
    with pytest.raises(MaskCheckError, match="column CODE differs"):
        check(copy + b"\xe2\x82", content)


def test_rows_in_another_order_are_found() -> None:
    header, first, second, *rest = MASKED.split("\n")
    with pytest.raises(MaskCheckError):
        check("\n".join([header, second, first, *rest]))


def test_two_values_with_the_same_token_are_counted() -> None:
    token = MASKED.split("\n")[1].split(",")[0]
    with pytest.raises(MaskCheckError, match=r"1 value\(s\) have the token of another"):
        check(with_cell(9, "Id", token))


def test_value_with_two_tokens_is_found() -> None:
    content = CONTENT.replace("id7,", "id8,")
    with pytest.raises(MaskCheckError, match="two tokens"):
        check(MASKED, content)


def test_date_that_is_not_shifted_like_the_others_of_its_patient_is_found() -> None:
    content = CONTENT.replace(original(2, "PATIENT"), original(1, "PATIENT"))
    masked = mask(content, SPEC)[0].decode()
    assert check(masked, content)
    lines = masked.split("\n")
    other = mask(CONTENT, SPEC)[0].decode().split("\n")[2].split(",")[2]
    lines[2] = lines[2].replace(lines[2].split(",")[2], other)
    with pytest.raises(MaskCheckError, match="not shifted by the same days"):
        check("\n".join(lines), content)


@pytest.mark.parametrize("value", ["", "2020-01-01T10:00:01Z", "2020-02-30T10:00:00Z", "1944-01-01T10:00:00Z", "x"])
def test_date_that_is_lost_or_has_another_time_is_found(value: str) -> None:
    with pytest.raises(MaskCheckError):
        check(with_cell(4, "START", value))


def test_original_that_was_masked_before_is_searched_for_its_tokens() -> None:
    """Their form alone does not tell the values of such an original from the tokens of its copy."""
    again = MASKED.split("\n")
    ids = [line.split(",")[0] for line in again[1:-1]]
    rows = [f"{old},{rest.partition(',')[2]}" for old, rest in zip(ids, ROWS, strict=True)]
    content = "\n".join([",".join(COLUMNS), *rows, ""])
    masked = mask(content, SPEC)[0].decode()
    assert check(masked, content).collisions == 0
    lines = masked.split("\n")
    lines[30] = lines[30].replace(lines[30].split(",")[0], ids[3])
    with pytest.raises(MaskCheckError, match="a value of the original is in it"):
        check("\n".join(lines), content)


def test_original_that_the_csv_module_cannot_read_is_an_error() -> None:
    with pytest.raises(UnparsableRowError, match="not valid CSV"):
        check(MASKED, CONTENT.replace("note 3", '"note" 3'))


def leaking(mask_cells: Callable[..., Any], every: int) -> Callable[..., Any]:
    """Return a masker that leaves every so many cells as they are."""
    seen = 0

    def masked(self: Any, cells: Any, columns: Any, first: int) -> list[str]:
        nonlocal seen
        results = list(mask_cells(self, cells, columns, first))
        for position in range((-seen - 1) % every, len(results), every):
            results[position] = cells[position]
        seen += len(results)
        return results

    return masked


def test_masker_that_leaks_one_value_in_a_million_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [f"C{number}" for number in range(20)]
    content = ",".join(columns) + "\n" + (",".join(["Ann"] * 20) + "\n") * 50_000
    spec = spec_of(dict.fromkeys(columns, NULL))
    monkeypatch.setattr(masker._Cells, "__call__", leaking(masker._Cells.__call__, 1_000_000))
    with pytest.raises(MaskCheckError, match=r"a cell of column C\d+ does not have the form of its method"):
        mask(content, spec)
