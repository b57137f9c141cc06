"""Health numbers of Canada and the United Kingdom.

Sources: British Columbia Ministry of Health (PHN mod 11), Ontario Ministry of Health (Luhn), NHS Data Dictionary.
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.digits import digits_of, is_one_digit, passes_luhn, weighted

_BC_WEIGHTS = (2, 4, 8, 5, 10, 9, 7, 3)
_NHS_WEIGHTS = (10, 9, 8, 7, 6, 5, 4, 3, 2)


def is_nhs_number(text: str) -> bool:
    """The tenth digit is 11 minus the weighted sum mod 11."""
    digits = digits_of(text)
    check = -weighted(digits[:9], _NHS_WEIGHTS) % 11
    return check < 10 and check == int(digits[9]) and not is_one_digit(digits)


def is_canadian_health_number(text: str) -> bool:
    """British Columbia, Ontario, Québec or nine digits."""
    number = digits_of(text)
    if number[0].isalpha():
        return _is_birth_date(number[4:10])
    if is_one_digit(number):
        return False
    if len(number) == 9:
        return True
    if number[0] == "9" and -weighted(number[1:9], _BC_WEIGHTS) % 11 == int(number[9]):
        return True
    return number[0] != "0" and passes_luhn(number)


def _is_birth_date(digits: str) -> bool:
    return int(digits[2:4]) % 50 in range(1, 13) and int(digits[4:6]) in range(1, 32)
