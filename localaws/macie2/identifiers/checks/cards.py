"""Payment cards.

Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-financial.html
"""

from __future__ import annotations

import re

from localaws.macie2.identifiers.checks.digits import digits_of, passes_luhn
from localaws.macie2.identifiers.model import words

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
_TRACK = re.compile(r"(?P<number>\d{12,19})(?:\^[^\^]+\^|=)(?P<year>\d\d)(?P<month>\d\d)")


def is_card_number(text: str) -> bool:
    """Luhn, a known issuer, no issuer's test number."""
    digits = digits_of(text)
    return bool(_ISSUERS.fullmatch(digits)) and digits not in TEST_CARD_NUMBERS and passes_luhn(digits)


def is_magnetic_stripe(text: str) -> bool:
    """An account number with its Luhn digit that is not a test number, and a month of expiration."""
    match = _TRACK.search(text)
    if match is None or not 1 <= int(match["month"]) <= 12:
        return False
    return passes_luhn(match["number"]) and match["number"] not in TEST_CARD_NUMBERS


def is_sube_card(text: str) -> bool:
    """Luhn; the prefix 6061 is in the pattern."""
    return passes_luhn(digits_of(text))
