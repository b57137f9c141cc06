"""Checks of numbers of Finland and Sweden: a valid value and a near miss each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localaws.macie2.identifiers.checks import europe


@pytest.mark.parametrize(
    ("check", "valid", "near_miss"),
    [
        (europe.is_finnish_identity_code, "120775-739K", "120775-730K"),
        (europe.is_swedish_identity_number, "19541008-0534", "19541008-0535"),
    ],
)
def test_check_accepts_a_valid_value_and_refuses_a_near_miss(
    check: Callable[[str], bool], valid: str, near_miss: str
) -> None:
    assert [check(valid), check(near_miss)] == [True, False]
