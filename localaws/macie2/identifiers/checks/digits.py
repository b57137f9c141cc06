"""Helpers for check digits: separators, sums, remainders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SEPARATORS = re.compile(r"[ \-.()/+]")


def digits_of(text: str) -> str:
    """Drop the separators that may stand between the characters of a number; letters become capitals."""
    return _SEPARATORS.sub("", text).upper()


def passes_luhn(digits: str) -> bool:
    """Return whether the last digit is the Luhn check digit of the others."""
    doubled = (int(char) * 2 for char in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(value - 9 if value > 9 else value for value in doubled)) % 10 == 0


def weighted(digits: Iterable[str], weights: Sequence[int]) -> int:
    """Sum the digits, each times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_one_digit(text: str) -> bool:
    """Return whether a number repeats one digit, as examples do."""
    return len({char for char in text if char.isdigit()}) <= 1


def value_of(char: str) -> int:
    """Return 0 to 9 for a digit, 10 to 35 for a letter."""
    return int(char, 36)
