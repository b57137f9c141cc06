"""Checks of health numbers: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import health
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (health.is_canadian_health_number, "9442540148", "9442540149"),
        (health.is_nhs_number, "702-119-0158", "702-119-0159"),
    ]
)
