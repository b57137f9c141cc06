"""Checks of numbers of Canada and Latin America: a valid value and a near miss each."""

from __future__ import annotations

from localaws.macie2.identifiers.checks import americas
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (americas.is_argentine_dni, "76.153.968", "99.999.999"),
        (americas.is_argentine_person, "20570842456", "20570842457"),
        (americas.is_argentine_organization, "30814257971", "30814257972"),
        (americas.is_cnpj, "75415527000186", "75415527000187"),
        (americas.is_cpf, "39570473312", "39570473313"),
        (americas.is_social_insurance_number, "303-802-433", "303-802-434"),
        (americas.is_rut, "258047052", "258047053"),
        (americas.is_colombian_person, "5872216950-9", "5872216950-0"),
        (americas.is_colombian_organization, "999.679.851-0", "999.679.851-1"),
        (americas.is_curp, "BASM530701HPLXGGA7", "BASM530701HPLXGGA8"),
        (americas.is_rfc, "TPRH970912D14", "TPRH970932D14"),
    ]
)
