"""Checks of dates of birth: a valid value and a near miss each."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.checks import dates
from tests.localaws.macie2.detection.scans import count_in_cell
from tests.localaws.macie2.identifiers.near_misses import tells_near_misses

test_check_accepts_a_valid_value_and_refuses_a_near_miss = tells_near_misses(
    [
        (dates.is_date_of_birth, "07/27/1958", "07/27/1058"),
    ]
)


@pytest.mark.parametrize(
    ("identifier", "column", "value", "expected"),
    [
        ("DATE_OF_BIRTH", "BIRTHDATE", "1989-05-25", 1),
        ("DATE_OF_BIRTH", "dob", "25/05/1989", 1),
        ("DATE_OF_BIRTH", "dob", "05-25-1989", 1),
        ("DATE_OF_BIRTH", "dob", "25 May 1989", 1),
        ("DATE_OF_BIRTH", "dob", "March 3rd, 1989", 1),
        ("DATE_OF_BIRTH", "dob", "1980-Oct-03", 1),
        ("DATE_OF_BIRTH", "dob", "19890525", 1),
        ("DATE_OF_BIRTH", "dob", "1989-05-25T10:00:00Z", 1),
        ("DATE_OF_BIRTH", "dob", "1989-02-30", 0),
        ("DATE_OF_BIRTH", "dob", "13/13/1989", 0),
        ("DATE_OF_BIRTH", "DEATHDATE", "1989-05-25", 0),
        ("DATE_OF_BIRTH", "BIRTHPLACE", "1989-05-25", 0),
    ],
)
def test_identifier_counts_only_valid_values(identifier: str, column: str, value: str, expected: int) -> None:
    assert count_in_cell(identifier, column, value) == expected
