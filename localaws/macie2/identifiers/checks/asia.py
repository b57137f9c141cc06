"""Numbers of Australia and India.

Sources: Australian Taxation Office (TFN), UIDAI (Aadhaar, Verhoeff's scheme), Income Tax Department (PAN).
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.digits import digits_of, is_one_digit, weighted

_TFN_WEIGHTS = (1, 4, 3, 7, 5, 8, 6, 9, 10)
# Verhoeff's scheme: the multiplication of the dihedral group D5 and a permutation of the digits.
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def is_tax_file_number(text: str) -> bool:
    """The weighted sum is a multiple of 11."""
    digits = digits_of(text)
    return not is_one_digit(digits) and weighted(digits, _TFN_WEIGHTS) % 11 == 0


def is_aadhaar(text: str) -> bool:
    """Verhoeff's check digit; no palindrome."""
    digits = digits_of(text)
    return digits != digits[::-1] and _verhoeff(digits) == 0


def _verhoeff(digits: str) -> int:
    total = 0
    for at, char in enumerate(reversed(digits)):
        value = int(char)
        for _ in range(at % 8):
            value = _PERMUTATION[value]
        total = _multiplied(total, value)
    return total


def _multiplied(first: int, second: int) -> int:
    turned = (first + (second if first < 5 else -second)) % 5
    is_mirrored = (first < 5) != (second < 5)
    return turned + 5 * is_mirrored


def is_pan(text: str) -> bool:
    """The four digits are not 0000."""
    return text[5:9] != "0000"
