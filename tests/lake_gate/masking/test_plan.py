"""Rule for each column: the spec's own, that for what Macie found, or none."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.errors import NoMaskingRuleError
from lake_gate.masking.plan import Plan, plan_columns
from lake_gate.masking.report import Found
from lake_gate.masking.spec import Method
from lake_gate.model.manifest import LandedObject
from tests.lake_gate.masking.tables import KEEP, NULL, SHIFT, TOKEN, spec_of

SSN = "USA_SOCIAL_SECURITY_NUMBER"


def plan(
    header: str, *found: tuple[str | None, int | None, str], name: str = "a/T.csv", is_known: bool = True, **spec: Any
) -> Plan:
    first = header.split(",")
    landed = LandedObject(name, "b", "k", "v", "e", 1, "0", "0", header=first if is_known else ())
    return plan_columns(landed, first, spec_of(**spec), [Found(*item) for item in found])


def methods(plan: Plan) -> list[str]:
    return [column.rule.method.value for column in plan.columns]


def test_columns_of_a_named_dataset_have_their_own_rules_whatever_was_found() -> None:
    result = plan("id,ssn,RACE", ("ssn", 2, "NAME"), columns={"Id": TOKEN, "SSN": NULL, "Race": KEEP, "OTHER": KEEP})
    assert methods(result) == ["token", "null", "keep"]
    assert [column.label for column in result.columns] == ["id", "ssn", "RACE"]


def test_column_of_a_named_dataset_without_a_rule_is_an_error_although_macie_found_nothing() -> None:
    with pytest.raises(NoMaskingRuleError, match=r"1 column\(s\) need one \(NEW\)"):
        plan("Id,NEW", columns={"Id": TOKEN})


def test_column_without_a_rule_has_the_rule_for_what_macie_found() -> None:
    spec: Any = {"columns": {"Id": TOKEN}, "identifiers": {SSN: NULL}}
    assert methods(plan("Id,NEW", ("NEW", 2, SSN), **spec)) == ["token", "null"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], ["keep", "keep", "keep"]),
        ([("b", 2, SSN)], ["keep", "null", "keep"]),
        ([(None, 3, SSN)], ["keep", "keep", "null"]),
        ([("B", None, SSN)], ["keep", "null", "keep"]),
        ([("a", 1, "Patient ID"), ("a", 1, SSN), ("c", 3, "Patient ID")], ["null", "keep", "token"]),
    ],
)
def test_in_other_datasets_only_columns_with_findings_are_masked(found: list[Any], expected: list[str]) -> None:
    assert methods(plan("a,b,c", *found, identifiers={SSN: NULL, "Patient ID": TOKEN})) == expected


@pytest.mark.parametrize(
    "found",
    [
        *(
            [("b", 2, "NAME")],
            [("b", 2, SSN), ("b", 2, "NAME")],
            [(None, None, SSN)],
            [(None, 4, SSN)],
            [(None, 0, SSN)],
        ),
        *([(None, -1, SSN)], [("x", None, SSN)], [("b", 1, SSN)], [("", None, SSN)]),
    ],
)
def test_finding_without_a_rule_or_without_a_column_of_the_table_is_an_error(found: list[Any]) -> None:
    with pytest.raises(NoMaskingRuleError):
        plan("a,b,c", *found, identifiers={SSN: NULL})


def test_file_without_a_header_is_masked_by_position_and_its_cells_are_no_labels() -> None:
    result = plan("Ann,999-76-6866", (None, 2, SSN), is_known=False, identifiers={SSN: NULL})
    assert (methods(result), result.has_header) == (["keep", "null"], False)
    assert [column.label for column in result.columns] == ["#1", "#2"]


def test_header_that_was_not_recognized_counts_if_the_spec_names_all_of_it() -> None:
    assert plan("Id,SSN", is_known=False, columns={"Id": TOKEN, "SSN": NULL}).has_header
    with pytest.raises(NoMaskingRuleError, match="header is not known"):
        plan("Id,Ann", is_known=False, columns={"Id": TOKEN, "SSN": NULL})


def test_name_that_is_not_known_is_not_a_label() -> None:
    landed = LandedObject("t.csv", "b", "k", "v", "e", 1, "0", "0", header=["Id", ""])
    with pytest.raises(NoMaskingRuleError) as error:
        plan_columns(landed, ["Id", "Ann Smith"], spec_of({"Id": TOKEN}), [])
    assert error.value.columns == ["#2"]
    assert "Ann" not in str(error.value)


@pytest.mark.parametrize(("method", "is_error"), [(NULL, True), (TOKEN, True), (None, False)])
def test_column_whose_name_may_be_a_value_is_not_masked(method: Any, is_error: bool) -> None:
    landed = LandedObject("rooms.csv", "b", "k", "v", "e", 1, "0", "0", header=("unit", ""))
    spec = spec_of(identifiers={"NAME": method} if method else {})
    found = [Found(None, 2, "NAME")] if method else []
    if not is_error:
        assert methods(plan_columns(landed, ["unit", "Garcia"], spec, found)) == ["keep", "keep"]
        return
    with pytest.raises(NoMaskingRuleError, match="may be a value") as error:
        plan_columns(landed, ["unit", "Garcia"], spec, found)
    assert "Garcia" not in str(error.value)


def test_table_that_is_wider_than_the_landed_header_is_an_error() -> None:
    landed = LandedObject("t.csv", "b", "k", "v", "e", 1, "0", "0", header=["Id"])
    with pytest.raises(NoMaskingRuleError, match="not the header that was found"):
        plan_columns(landed, ["Id", "SSN"], spec_of({"Id": TOKEN}), [])


def test_dates_need_the_column_of_the_patient() -> None:
    columns = {"PATIENT": TOKEN, "START": SHIFT}
    assert plan("START,PATIENT", columns=columns).columns[0].by == 1
    with pytest.raises(NoMaskingRuleError, match=r"identifies the patient is missing.*START"):
        plan("START,START", columns=columns)


def test_table_must_keep_a_column() -> None:
    with pytest.raises(NoMaskingRuleError, match="no column would be left"):
        plan("A", columns={"A": {"method": "drop"}})


def test_quasi_identifiers_are_those_that_the_copy_has() -> None:
    columns = {"A": KEEP, "B": {"method": "drop"}, "C": KEEP}
    result = plan("A,B", columns=columns, quasi_identifiers=["C", "B", "A"])
    assert result.quasi_identifiers == (0,)
    assert result.positions(Method.DROP, Method.KEEP) == [0, 1]
