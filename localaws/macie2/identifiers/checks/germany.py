"""Numbers of Germany.

Sources: BMF (Steuer-ID, ISO 7064 mod 11,10), ICAO 9303 (7-3-1 check digit of identity cards and passports).
"""

from __future__ import annotations

from collections import Counter

from localaws.macie2.identifiers.checks.digits import digits_of, value_of

_LEAST_DIGITS = 3


def is_german_identity_card(text: str) -> bool:
    """Nine characters with some digits, the check digit when there is a tenth."""
    return _has_check_digit(text)


def is_german_passport(text: str) -> bool:
    """Nine characters with some digits, the check digit when there is a tenth."""
    return _has_check_digit(text)


def _has_check_digit(text: str) -> bool:
    number = text.upper().removesuffix("D").rstrip("<")
    serial, check = number[:9], number[9:]
    if sum(char.isdigit() for char in serial) < _LEAST_DIGITS:
        return False
    total = sum(value_of(char) * (7, 3, 1)[at % 3] for at, char in enumerate(serial))
    return not check or str(total % 10) == check


def is_german_tax_number(text: str) -> bool:
    """ISO 7064 mod 11,10; of the first ten digits exactly one occurs twice or thrice."""
    digits = digits_of(text)
    repeated = [count for count in Counter(digits[:10]).values() if count > 1]
    if len(repeated) != 1 or repeated[0] > 3:
        return False
    product = 10
    for char in digits[:10]:
        product = ((int(char) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])
