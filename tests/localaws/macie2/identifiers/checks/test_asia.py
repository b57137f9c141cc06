"""Checks of numbers of Australia and India: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import asia
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (asia.is_tax_file_number, "159144292", "159144293"),
        (asia.is_aadhaar, "9465-2417-0926", "9465-2417-0927"),
        (asia.is_pan, "WSDTD7042D", "ABCPE0000E"),
    ]
)
