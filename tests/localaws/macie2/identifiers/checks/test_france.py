"""Checks of numbers of France: a valid value and a near miss each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localaws.macie2.identifiers.checks import france


@pytest.mark.parametrize(
    ("check", "valid", "near_miss"),
    [
        (france.is_nir, "2 85 12 63 621 624 95", "2 85 12 63 621 624 96"),
        (france.is_french_tax_number, "1818737873470", "1818737873471"),
    ],
)
def test_check_accepts_a_valid_value_and_refuses_a_near_miss(
    check: Callable[[str], bool], valid: str, near_miss: str
) -> None:
    assert [check(valid), check(near_miss)] == [True, False]
