"""Numbers of the United States.

Sources: Social Security Administration (number assignment), IRS (ITIN groups), 45 CFR 162.406 (NPI), DEA (check digit).
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.digits import digits_of, passes_luhn


def is_npi(text: str) -> bool:
    """Luhn over 80840 and the ten digits (45 CFR 162.406)."""
    return passes_luhn("80840" + text)


def is_social_security_number(text: str) -> bool:
    """No area 000, 666 or 900 to 999, no group 00, no serial 0000: those were never issued."""
    digits = digits_of(text)
    area = int(digits[:3])
    return 0 < area < 900 and area != 666 and digits[3:5] != "00" and digits[5:] != "0000"


def is_health_insurance_claim_number(text: str) -> bool:
    """A social security number that can be issued; the beneficiary code is in the pattern."""
    return is_social_security_number(digits_of(text)[:9])


def is_tax_identification_number(text: str) -> bool:
    """An ITIN: 9xx and a group that the Internal Revenue Service assigns (50-65, 70-88, 90-92, 94-99)."""
    group = int(digits_of(text)[3:5])
    return 50 <= group <= 65 or (70 <= group <= 99 and group not in (89, 93))


def is_dea_number(text: str) -> bool:
    """The seventh digit is the last of d1+d3+d5 + 2(d2+d4+d6)."""
    digits = [int(char) for char in text[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]
