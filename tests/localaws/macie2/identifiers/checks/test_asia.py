"""Checks of numbers of Australia and India: a valid value and a near miss each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localaws.macie2.identifiers.checks import asia


@pytest.mark.parametrize(
    ("check", "valid", "near_miss"),
    [
        (asia.is_tax_file_number, "159144292", "159144293"),
        (asia.is_aadhaar, "9465-2417-0926", "9465-2417-0927"),
        (asia.is_pan, "WSDTD7042D", "ABCPE0000E"),
    ],
)
def test_check_accepts_a_valid_value_and_refuses_a_near_miss(
    check: Callable[[str], bool], valid: str, near_miss: str
) -> None:
    assert [check(valid), check(near_miss)] == [True, False]
