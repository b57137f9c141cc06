"""Checks of bank accounts: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import banks
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (banks.is_iban, "AL51-7736-9200-6595-2334-0307-2425", "AL51-7736-9200-6595-2334-0307-2426"),
        (banks.is_french_account, "31177 76456 68750380515 88", "31177 76456 68750380515 89"),
        (banks.is_german_account, "DE83-8144-6386-3925-4738-47", "DE83-8144-6386-3925-4738-48"),
        (banks.is_italian_account, "IT22-R456-8330-8170-0449-0441-026", "IT22-R456-8330-8170-0449-0441-027"),
        (banks.is_spanish_account, "27004110006965812119", "27004110006965812110"),
        (banks.is_british_account, "92-62-18 25816445", "GB05HVTV75398556058456"),
    ]
)
