"""Tables of cells, and plans by the names of their columns."""

from __future__ import annotations

import polars as pl
import pytest

from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tables import Frame, Plan, Rows
from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.identifiers.names import ColumnKind
from tests.localaws.macie2.detection.scans import PATIENT, SSN

TABLES = [
    Frame(pl.DataFrame({"a": ["1", "2", "1"], "b": ["x", None, None]})),
    Rows([["1", "x"], ["2", ""], ["1"]]),
]


@pytest.mark.parametrize("table", TABLES, ids=["frame", "rows"])
def test_both_kinds_of_tables_give_the_same_cells(table: Frame | Rows) -> None:
    assert (table.height, table.width) == (3, 2)
    assert table.stack([0, 1]).to_list() == ["1", "2", "1", "x", None, None]
    assert [sorted(column) for column in table.distinct([0, 1])] == [["1", "2"], ["x"]]
    assert table.window(0, 0, 1) == ["1", "x"]
    assert table.window(2, 0, 1) == ["1", None]


def test_columns_with_the_same_keywords_are_one_group() -> None:
    plan = Plan.by_names(Matcher([CATALOGUE[SSN]], [PATIENT]), ["ssn", "x", "SSN", "PATIENT"])
    assert [(group.columns, set(group.is_open)) for group in plan.groups] == [
        ((0, 2), {SSN}),
        ((1,), set()),
        ((3,), {"patient"}),
    ]


def test_columns_beyond_the_names_are_a_group_of_their_own() -> None:
    plan = Plan.without_names(0, 2).over(4)
    assert [group.columns for group in plan.groups] == [(0, 1), (2, 3)]
    assert {group.kind for group in plan.groups} == {ColumnKind.NEUTRAL}
