"""Checks of numbers of Spain and Italy: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import iberia_italy
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (iberia_italy.is_italian_tax_code, "01325063228", "01325063229"),
        (iberia_italy.is_dni, "86552171C", "86552172C"),
        (iberia_italy.is_nie, "X9199472-R", "X9199473-R"),
        (iberia_italy.is_nif, "L1345453E", "L1345454E"),
        (iberia_italy.is_spanish_social_security_number, "19/85689884/71", "19/85689884/72"),
        (iberia_italy.is_cif, "H57314882", "H57314883"),
    ]
)
