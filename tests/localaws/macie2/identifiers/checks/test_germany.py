"""Checks of numbers of Germany: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import germany
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (germany.is_german_identity_card, "P430LMJ98", "M92J46C340"),
        (germany.is_german_passport, "K50G1F9Z0", "F93G03H159"),
        (germany.is_german_tax_number, "41 286 019 375", "41 286 019 376"),
    ]
)
