"""Distinct values of the columns of a table."""

from __future__ import annotations

from typing import Any

from localaws.macie2.detection.matching.distinct import Distinct
from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.matching.tables import Plan, Rows

ROWS = [["a b", "1", "02139"], ["a b", "2", "x"], ["c", "2", ""]]


def _distinct() -> Distinct:
    matcher = Matcher([], [])
    table: Any = Rows(ROWS)  # which does not say where a cell is
    return Distinct(table, Plan.by_names(matcher, ["x", "y", "z"]), matcher.masks())


def test_each_column_has_its_distinct_values() -> None:
    distinct = _distinct()
    columns = [column for group in distinct.groups.values() for column in group]
    assert [sorted(distinct.values_of([column])) for column in columns] == [["a b", "c"], ["1", "2"], ["02139", "x"]]


def test_masks_select_values_with_a_space_and_postal_codes() -> None:
    distinct = _distinct()
    columns = [column for group in distinct.groups.values() for column in group]
    assert distinct.where(columns[:1], "parted").to_list() == ["a b"]
    assert [distinct.has(column, "code") for column in columns] == [False, False, True]


def test_columns_are_found_by_any_of_some_values() -> None:
    distinct = _distinct()
    columns = [column for group in distinct.groups.values() for column in group]
    assert [column.columns for column in distinct.having_any(columns, ["2", "c"])] == [(0,), (1,)]
