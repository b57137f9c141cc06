"""Checks of numbers of the United Kingdom: a valid value and a near miss each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localaws.macie2.identifiers.checks import united_kingdom


@pytest.mark.parametrize(
    ("check", "valid", "near_miss"),
    [
        (united_kingdom.is_national_insurance_number, "YG402973C", "BG627616A"),
        (united_kingdom.is_british_tax_number, "2222886852", "2222886853"),
    ],
)
def test_check_accepts_a_valid_value_and_refuses_a_near_miss(
    check: Callable[[str], bool], valid: str, near_miss: str
) -> None:
    assert [check(valid), check(near_miss)] == [True, False]
