"""Checks of health numbers: a valid value and a near miss each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localaws.macie2.identifiers.checks import health


@pytest.mark.parametrize(
    ("check", "valid", "near_miss"),
    [
        (health.is_canadian_health_number, "9442540148", "9442540149"),
        (health.is_nhs_number, "702-119-0158", "702-119-0159"),
    ],
)
def test_check_accepts_a_valid_value_and_refuses_a_near_miss(
    check: Callable[[str], bool], valid: str, near_miss: str
) -> None:
    assert [check(valid), check(near_miss)] == [True, False]
