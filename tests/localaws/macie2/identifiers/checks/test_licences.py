"""Checks of driving licences: a valid value and a near miss each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localaws.macie2.identifiers.checks import licences


@pytest.mark.parametrize(
    ("check", "valid", "near_miss"),
    [
        (licences.is_german_licence, "E105VSCPX5J", "23815278476"),
        (licences.is_british_licence, "MORGA306278SM8JH", "EZCRG4337148AM1VK"),
    ],
)
def test_check_accepts_a_valid_value_and_refuses_a_near_miss(
    check: Callable[[str], bool], valid: str, near_miss: str
) -> None:
    assert [check(valid), check(near_miss)] == [True, False]
