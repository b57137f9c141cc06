"""Digits of a text and the sums over them."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.checks.digits import digits_of, is_one_digit, passes_luhn, value_of, weighted


@pytest.mark.parametrize(
    ("number", "expected"), [("4539578763621486", True), ("4539578763621487", False), ("79927398713", True)]
)
def test_luhn(number: str, expected: bool) -> None:
    assert passes_luhn(number) is expected


def test_separators_are_left_out() -> None:
    assert digits_of("078-05 1120") == "078051120"


def test_letters_have_the_values_10_to_35() -> None:
    assert [value_of(char) for char in "09AZ"] == [0, 9, 10, 35]


def test_the_weighted_sum_of_digits() -> None:
    assert weighted("123", (3, 2, 1)) == 10


@pytest.mark.parametrize(("number", "expected"), [("000", True), ("77", True), ("78", False)])
def test_runs_of_one_digit_are_recognised(number: str, expected: bool) -> None:
    assert is_one_digit(number) is expected
