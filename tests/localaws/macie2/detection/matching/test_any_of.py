"""Many expressions as one."""

from __future__ import annotations

import polars as pl
import pytest

from localaws.macie2.detection.matching.any_of import FEW, AnyOf, having
from localaws.macie2.identifiers.dialect import compile_regex

REGEXES = [compile_regex("ab"), compile_regex("b[0-9]")]


@pytest.mark.parametrize("more", [0, FEW], ids=["value by value", "by polars"])
def test_values_that_match_any_expression_are_kept(more: int) -> None:
    values = pl.Series(["xab", "b7", "ba", *(f"c{number}" for number in range(more))])
    assert AnyOf(REGEXES).having(values).to_list() == ["xab", "b7"]
    assert having(values, REGEXES[1]).to_list() == ["b7"]


def test_nothing_matches_no_expression() -> None:
    assert AnyOf([]).having(pl.Series(["a"])).to_list() == []


def test_expressions_are_joined_to_one_for_polars() -> None:
    (joined,) = AnyOf(REGEXES).expressions("x")
    frame = pl.DataFrame({"x": ["xab", "b7", "ba"]})
    assert frame.select(joined).to_series().to_list() == [True, True, False]
