"""Identity numbers of Finland and Sweden, as their driving licences carry them.

Sources: Digital and Population Data Services Agency (henkilötunnus), Skatteverket (personnummer).
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.dates import in_digits
from localaws.macie2.identifiers.checks.digits import digits_of, passes_luhn

_FINNISH_CHECKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def is_finnish_identity_code(text: str) -> bool:
    """A birth date (day first) and the check character mod 31."""
    code = text.upper()
    day = code[4:6] + code[2:4] + code[0:2]
    return in_digits(day) and _FINNISH_CHECKS[int(code[:6] + code[7:10]) % 31] == code[10]


def is_swedish_identity_number(text: str) -> bool:
    """A birth date (the day perhaps plus 60) and the Luhn digit of ten digits."""
    digits = digits_of(text)[-10:]
    day = f"{int(digits[4:6]) % 60:02}"
    return in_digits(digits[:4] + day) and passes_luhn(digits)
