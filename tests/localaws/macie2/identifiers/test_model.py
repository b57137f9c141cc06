"""Severities of managed identifiers."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.identifiers.model import Severity


@pytest.mark.parametrize(
    ("identifier", "severities"),
    [
        ("MEDICAL_DEVICE_UDI", "Low Medium High"),
        ("NAME", "Low Medium High"),
        ("USA_PASSPORT_NUMBER", "Medium High High"),
        ("USA_SOCIAL_SECURITY_NUMBER", "High High High"),
        ("CREDIT_CARD_SECURITY_CODE", "Medium High High"),
        ("LATITUDE_LONGITUDE", "Low Medium Medium"),
        ("VEHICLE_IDENTIFICATION_NUMBER", "Low Low Medium"),
        ("AWS_CREDENTIALS", "High High High"),
    ],
)
def test_severity_follows_the_documented_bands(identifier: str, severities: str) -> None:
    rate = CATALOGUE[identifier].severity.severity_of
    assert [rate(1), rate(99), rate(100)] == [Severity(word) for word in severities.split()]
    assert rate(2) == rate(99)
