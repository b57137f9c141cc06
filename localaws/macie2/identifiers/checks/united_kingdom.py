"""Numbers of the United Kingdom.

Sources: HMRC (NIM39110 on the letters of a NINO; UTR check digit as published by Companies House's filing service).
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.digits import digits_of, is_one_digit, weighted

_UNUSED_PREFIXES = ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
_UTR_WEIGHTS = (6, 7, 8, 9, 10, 5, 4, 3, 2)


def is_national_insurance_number(text: str) -> bool:
    """No prefix that is never used."""
    return text[:2].upper() not in _UNUSED_PREFIXES


def is_british_tax_number(text: str) -> bool:
    """UTR with its check digit, or TRN by its shape."""
    number = digits_of(text).removesuffix("K")
    if not number.isdigit():
        return True
    return not is_one_digit(number) and "21987654321"[weighted(number[1:], _UTR_WEIGHTS) % 11] == number[0]
