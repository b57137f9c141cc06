"""Checks of driving licences: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import licences
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (licences.is_german_licence, "E105VSCPX5J", "23815278476"),
        (licences.is_british_licence, "MORGA306278SM8JH", "EZCRG4337148AM1VK"),
    ]
)
