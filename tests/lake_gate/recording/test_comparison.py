"""What is new and what is gone in a table, by column and identifier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lake_gate.decision.columns import ColumnLine
from lake_gate.recording.comparison import Columns, Table

SSN = ColumnLine("p.csv", "SSN", 4, "USA_SSN", "PERSONAL_INFORMATION", "High", 10, False, 10, True, ["f1"])

CELLS = {"cells": 10, "is_capped": False}


def line(column: str | None, index: int | None, identifier: str = "USA_SSN", **facts: Any) -> ColumnLine:
    return replace(SSN, column=column, index=index, identifier=identifier, **facts)


def new(before: list[ColumnLine], now: list[ColumnLine]) -> list[tuple[Any, ...]]:
    return [
        (place["column"], place["index"], place["identifier"]) for place in Columns.of(now).without(Columns.of(before))
    ]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([SSN], [SSN], []),
        ([SSN], [line("SSN", 9)], []),  # a column was inserted before it
        ([line(None, 4)], [line(None, 4)], []),
        ([line(None, 4)], [line(None, 5)], [(None, 5, "USA_SSN")]),
        ([SSN], [SSN, line("NOTES", 9)], [("NOTES", 9, "USA_SSN")]),
        ([SSN], [SSN, line("SSN", 4, "NAME")], [("SSN", 4, "NAME")]),
        ([], [SSN], [("SSN", 4, "USA_SSN")]),
        ([line(None, None)], [SSN], []),  # it was not located then
        ([SSN], [line(None, None)], []),
    ],
)
def test_columns_are_new_by_name_or_by_position(
    before: list[ColumnLine], now: list[ColumnLine], expected: list[tuple[Any, ...]]
) -> None:
    assert new(before, now) == expected


def test_table_says_what_became_of_it_then_and_what_differs_now() -> None:
    before = Table("p.csv", "promote", "clean", frozenset({"NAME", "MRN"}), Columns.of([line("MRN", 1, "MRN")]))
    assert before.compared_with({"NAME": 3, "USA_SSN": 10}, Columns.of([SSN])) == {
        "outcome": "promote",
        "reason": "clean",
        "new_identifiers": ["USA_SSN"],
        "gone_identifiers": ["MRN"],
        "new_columns": [{"column": "SSN", "index": 4, "identifier": "USA_SSN", **CELLS}],
        "gone_columns": [{"column": "MRN", "index": 1, "identifier": "MRN", **CELLS}],
    }


def test_entry_has_the_findings_and_the_known_severities() -> None:
    lines = [SSN, line("NOTES", 9, finding_ids=["f1", "f2"]), line("ZIP", 2, "ZIP", severity=None, finding_ids=[])]
    assert Columns.of(lines).facts() == {"finding_ids": ["f1", "f2"], "identifier_severities": {"USA_SSN": "High"}}
