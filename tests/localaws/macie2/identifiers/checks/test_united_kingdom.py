"""Checks of numbers of the United Kingdom: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import united_kingdom
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (united_kingdom.is_national_insurance_number, "YG402973C", "BG627616A"),
        (united_kingdom.is_british_tax_number, "2222886852", "2222886853"),
    ]
)
