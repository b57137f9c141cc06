"""Checks of numbers of the United States: a valid value and a near miss each."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.checks import united_states
from tests.localaws.macie2.detection.scans import count_in_cell
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (united_states.is_health_insurance_claim_number, "148770724B", "948770724B"),
        (united_states.is_tax_identification_number, "975-64-5256", "975-66-5256"),
        (united_states.is_npi, "1561986476", "1561986477"),
        (united_states.is_social_security_number, "441-23-4124", "941-23-4124"),
        (united_states.is_dea_number, "FK8886092", "FK8886093"),
    ]
)


@pytest.mark.parametrize(
    ("identifier", "column", "value", "expected"),
    [
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "078-05-1120", 1),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "078051120", 1),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "999-76-6866", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "000-05-1120", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "666-05-1120", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "078-00-1120", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "078-05-0000", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "ssn_hash", "078-05-1120", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "note", "his ss# is 078-05-1120", 1),
        ("USA_SOCIAL_SECURITY_NUMBER", "note", "078-05-1120 (social-security)", 1),
        ("USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "itin", "912-70-1234", 1),
        ("USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "itin", "912-93-1234", 0),
        ("USA_NATIONAL_PROVIDER_IDENTIFIER", "npi", "1234567893", 1),
        ("USA_NATIONAL_PROVIDER_IDENTIFIER", "npi", "1234567894", 0),
        ("USA_NATIONAL_PROVIDER_IDENTIFIER", "id2", "1234567893", 0),
        ("USA_HEALTH_INSURANCE_CLAIM_NUMBER", "hicn", "123-45-6789A", 1),
        ("US_DRUG_ENFORCEMENT_AGENCY_NUMBER", "dea number", "AB1234563", 1),
        ("US_DRUG_ENFORCEMENT_AGENCY_NUMBER", "dea number", "AB1234564", 0),
    ],
)
def test_identifier_counts_only_valid_values(identifier: str, column: str, value: str, expected: int) -> None:
    assert count_in_cell(identifier, column, value) == expected
