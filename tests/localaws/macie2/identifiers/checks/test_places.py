"""Checks of places and vehicles: a valid value and a near miss each."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.checks import places
from tests.localaws.macie2.detection.scans import count_in_cell
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (places.is_not_uniform, "03238-494", "11111111"),
        (places.is_coordinate_pair, "3.948, -111.146155", "3.948, -181.146155"),
        (places.is_vehicle_number, "1FT0J90X9PF538988", "1FT0J90X9PF538989"),
    ]
)


@pytest.mark.parametrize(
    ("identifier", "column", "value", "expected"),
    [
        ("LATITUDE_LONGITUDE", "position", "41.9,-87.6", 1),
        ("LATITUDE_LONGITUDE", "position", "91.9,-87.6", 0),
        ("LATITUDE_LONGITUDE", "LAT", "41.9,-87.6", 0),
        ("VEHICLE_IDENTIFICATION_NUMBER", "vin", "1HGCM82633A004352", 1),
        ("VEHICLE_IDENTIFICATION_NUMBER", "vin", "1HGCM82633A00435O", 0),
    ],
)
def test_identifier_counts_only_valid_values(identifier: str, column: str, value: str, expected: int) -> None:
    assert count_in_cell(identifier, column, value) == expected
