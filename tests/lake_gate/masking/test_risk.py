"""Groups of rows with the same quasi-identifiers."""

from __future__ import annotations

import pytest

from lake_gate.masking import risk
from lake_gate.masking.report import Risk
from lake_gate.masking.risk import Groups


def test_smallest_group_and_share_of_small_ones_are_counted_across_blocks() -> None:
    groups = Groups(["year", "zip"])
    groups.add([["1980"] * 6 + ["1990"] * 2, ["010"] * 6 + ["021"] * 2])
    groups.add([["1980", "1990", "1990"], ["010", "021", "022"]])
    assert groups.risk() == Risk(("year", "zip"), 1, 4, round(4 / 11, 4))


def test_same_text_split_differently_is_another_group() -> None:
    groups = Groups(["a", "b"])
    groups.add([["ab", "a"], ["c", "bc"]])
    assert groups.risk().smallest_group == 1


def test_table_without_rows_has_no_groups() -> None:
    assert Groups(["a"]).risk() == Risk(("a",), None, 0, 0.0)


def test_groups_beyond_the_bound_count_as_single_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk, "_MOST_GROUPS", 2)
    groups = Groups(["a"])
    groups.add([["x"] * 10 + ["y"] * 10 + ["z"] * 10])
    groups.add([["z"] * 10 + ["x"] * 5])
    assert groups.risk() == Risk(("a",), 1, 20, round(20 / 45, 4))
