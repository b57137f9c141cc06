"""Checks of numbers of Germany: a valid value and a near miss each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localaws.macie2.identifiers.checks import germany


@pytest.mark.parametrize(
    ("check", "valid", "near_miss"),
    [
        (germany.is_german_identity_card, "P430LMJ98", "M92J46C340"),
        (germany.is_german_passport, "K50G1F9Z0", "F93G03H159"),
        (germany.is_german_tax_number, "41 286 019 375", "41 286 019 376"),
    ],
)
def test_check_accepts_a_valid_value_and_refuses_a_near_miss(
    check: Callable[[str], bool], valid: str, near_miss: str
) -> None:
    assert [check(valid), check(near_miss)] == [True, False]
