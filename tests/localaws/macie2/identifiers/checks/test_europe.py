"""Checks of numbers of Finland and Sweden: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import europe
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (europe.is_finnish_identity_code, "120775-739K", "120775-730K"),
        (europe.is_swedish_identity_number, "19541008-0534", "19541008-0535"),
    ]
)
