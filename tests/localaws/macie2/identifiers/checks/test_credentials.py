"""Checks of credentials: a valid value and a near miss each."""

from __future__ import annotations

import pytest

from tests.localaws.macie2.detection.scans import count_in_cell

SECRET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123"


@pytest.mark.parametrize(
    ("identifier", "column", "value", "expected"),
    [
        ("AWS_CREDENTIALS", "aws_secret_access_key", SECRET, 1),
        ("AWS_CREDENTIALS", "secret_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 0),
        ("AWS_CREDENTIALS", "secret key", "0123456789abcdef0123456789abcdef01234567", 0),
        ("AWS_CREDENTIALS", "hash", SECRET, 0),
    ],
)
def test_identifier_counts_only_valid_values(identifier: str, column: str, value: str, expected: int) -> None:
    assert count_in_cell(identifier, column, value) == expected
