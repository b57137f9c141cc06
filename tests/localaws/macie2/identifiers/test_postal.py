"""Postal codes and the regions that they belong to."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers import postal


@pytest.mark.parametrize(
    ("code", "region", "expected"),
    [
        ("02139", "MA", True),
        ("02139", "massachusetts", True),
        ("02139", "CA", False),
        ("2000", "NSW", True),
        ("2000", "VIC", False),
        ("M5V 3L9", "Ontario", True),
        ("M5V 3L9", "QC", False),
    ],
)
def test_a_code_belongs_to_its_region(code: str, region: str, expected: bool) -> None:
    assert postal.fits(code, region) is expected


def test_regions_are_known_by_code_and_name() -> None:
    assert [postal.is_region(text) for text in ("MA", "new  york", "Québec", "XX")] == [True, True, True, False]


def test_codes_are_recognised_by_country() -> None:
    assert [postal.is_british(code) for code in ("SW1A 1AA", "XX1A 1AA")] == [True, False]
    assert [postal.is_canadian(code) for code in ("M5V 3L9", "D5V 3L9")] == [True, False]
    assert [postal.is_near(code, "MA") for code in ("02861", "00001", "09001")] == [True, False, False]
