"""Numbers of France.

Sources: INSEE (NIR and its key), DGFiP (numéro fiscal, OECD's description of the TIN).
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.digits import digits_of, is_one_digit


def is_nir(text: str) -> bool:
    """The key is 97 minus the number mod 97; the departments of Corsica stand for 19 and 18."""
    number = digits_of(text)
    body = number[:13].replace("2A", "19", 1) if number[5:7] == "2A" else number[:13]
    body = body.replace("2B", "18", 1) if number[5:7] == "2B" else body
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def is_french_tax_number(text: str) -> bool:
    """The last three digits are the first ten mod 511."""
    digits = digits_of(text)
    return not is_one_digit(digits) and int(digits[:10]) % 511 == int(digits[10:])
