"""What a matched text must satisfy beyond its shape: check digits, issuers, calendars.

AWS publishes only that cards need Luhn and a known issuer; the others are choices of ours from the issuers' own rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from localaws.macie2.identifiers.model import words

type Check = Callable[[str], bool]

_SEPARATORS = re.compile(r"[ \-.()/+]")
_MONTHS = {name: at for at, name in enumerate(words("jan feb mar apr may jun jul aug sep oct nov dec"), start=1)}
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)", re.IGNORECASE)
_OLDEST_YEAR, _LATEST_YEAR = 1850, 2100

# Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-financial.html (never reported)
TEST_CARD_NUMBERS = frozenset(
    words("""
    122000000000003 2222405343248877 2222990905257051 2223007648726984 2223577120017656 30569309025904 34343434343434
    3528000700000000 3530111333300000 3566002020360505 36148900647913 36700102000000 371449635398431 378282246310005
    378734493671000 38520000023237 4012888888881881 4111111111111111 4222222222222 4444333322221111 4462030000000000
    4484070000000000 4911830000000 4917300800000000 4917610000000000 4917610000000000003 5019717010103742
    5105105105105100 5111010030175156 5185540810000019 5200828282828210 5204230080000017 5204740009900014
    5420923878724339 5454545454545454 5455330760000018 5506900490000436 5506900490000444 5506900510000234
    5506920809243667 5506922400634930 5506927427317625 5553042241984105 5555553753048194 5555555555554444
    5610591081018250 6011000990139424 6011000400000000 6011111111111117 630490017740292441 630495060000000000
    6331101999990016 6759649826438453 6799990100000000019 76009244561
    """)
)
# American Express, Dankort, Diners Club, Discover, Electron (a Visa range), JCB, Mastercard, UnionPay, Visa.
_ISSUERS = re.compile(
    r"(?:3[47]\d{13}|5019\d{12}|3(?:0[0-5]|095|[689]\d)\d{11,16}|6(?:011|5\d\d|4[4-9]\d)\d{12,15}"
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|(?:62|81)\d{14,17}|4\d{12}|4\d{15}|4\d{18})"
)
# Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-credentials.html (public examples)
_EXAMPLE_KEYS = ("je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def digits_of(text: str) -> str:
    """Drop the separators that may stand between the characters of a number."""
    return _SEPARATORS.sub("", text)


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of the others."""
    doubled = (int(char) * 2 for char in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(value - 9 if value > 9 else value for value in doubled)) % 10 == 0


def is_card_number(text: str) -> bool:
    """Luhn, a known issuer, no issuer's test number."""
    digits = digits_of(text)
    return bool(_ISSUERS.fullmatch(digits)) and digits not in TEST_CARD_NUMBERS and passes_luhn(digits)


def is_npi(text: str) -> bool:
    """Luhn over 80840 and the ten digits (45 CFR 162.406)."""
    return passes_luhn("80840" + text)


def is_social_security_number(text: str) -> bool:
    """No area 000, 666 or 900 to 999, no group 00, no serial 0000: those were never issued."""
    digits = digits_of(text)
    area = int(digits[:3])
    return 0 < area < 900 and area != 666 and digits[3:5] != "00" and digits[5:] != "0000"


def is_tax_identification_number(text: str) -> bool:
    """An ITIN: 9xx and a group that the Internal Revenue Service assigns (50-65, 70-88, 90-92, 94-99)."""
    group = int(digits_of(text)[3:5])
    return 50 <= group <= 65 or (70 <= group <= 99 and group not in (89, 93))


def is_dea_number(text: str) -> bool:
    """The seventh digit is the last of d1+d3+d5 + 2(d2+d4+d6)."""
    digits = [int(char) for char in text[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def is_licence_number(text: str) -> bool:
    """At least five digits: the shapes of the states have no more in common."""
    return sum(char.isdigit() for char in text) >= 5


def is_aws_secret_key(text: str) -> bool:
    """Mixed upper and lower case and a digit (a hash in hexadecimal is none), no public example."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return text not in _EXAMPLE_KEYS and all(any(kind(char) for char in text) for kind in kinds)


def is_coordinate_pair(text: str) -> bool:
    """Latitude within ±90, longitude within ±180."""
    latitude, longitude = re.split(r"[,; ]+", text.strip(), maxsplit=1)
    return abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180


def is_vehicle_number(text: str) -> bool:
    """ISO 3779 with the check digit of North America, or any that another region uses: letters and digits are mixed."""
    return any(char.isdigit() for char in text) and any(char.isalpha() for char in text)


def is_date_of_birth(text: str) -> bool:
    """A day that exists, in a year from 1850 to 2100; of two possible readings one is enough."""
    parts = re.findall(r"\d+|[A-Za-z]+", _ORDINAL.sub("", text))[:3]
    named = [at for at, part in enumerate(parts) if part.isalpha()]
    if named:
        month = _MONTHS.get(parts.pop(named[0])[:3].lower(), 0)
        numbers = [int(part) for part in parts]
        readings = [(numbers[-1], month, numbers[0]), (numbers[0], month, numbers[-1])]
        return any(_is_day(*reading) for reading in readings)
    if len(parts) == 1:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    first, second, third = (int(part) for part in parts)
    if len(parts[0]) == 4:
        return _is_day(first, second, third)
    return _is_day(third, first, second) or _is_day(third, second, first)


def _is_day(year: int, month: int, day: int) -> bool:
    if year < 100:
        year += 1900
    if not _OLDEST_YEAR <= year <= _LATEST_YEAR:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
