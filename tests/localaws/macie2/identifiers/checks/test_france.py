"""Checks of numbers of France: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import france
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (france.is_nir, "2 85 12 63 621 624 95", "2 85 12 63 621 624 96"),
        (france.is_french_tax_number, "1818737873470", "1818737873471"),
    ]
)
