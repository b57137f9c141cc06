"""Places, vehicles, and numbers of which only examples are known to be none."""

from __future__ import annotations

import re

from localaws.macie2.identifiers.checks.digits import is_one_digit

_VIN_VALUES = {**{str(digit): digit for digit in range(10)}}
_VIN_VALUES |= dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_CHECK_AT = 8
_CHECKED_REGIONS = "12345L"


def is_coordinate_pair(text: str) -> bool:
    """Latitude within ±90, longitude within ±180."""
    latitude, longitude = re.split(r"[,; ]+", text.strip(), maxsplit=1)
    return abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180


def is_vehicle_number(text: str) -> bool:
    """ISO 3779: ends in digits, has letters; with the check digit where it is required (49 CFR 565, GB 16735)."""
    vin = text.upper()
    if not vin[-3:].isdigit() or vin.isdigit() or vin[0] == "0":
        return False
    if vin[0] not in _CHECKED_REGIONS:
        return any(char.isalpha() for char in vin[:3])
    remainder = sum(_VIN_VALUES[char] * weight for char, weight in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    return vin[_VIN_CHECK_AT] == "0123456789X"[remainder]


def is_not_uniform(text: str) -> bool:
    """More than one digit occurs: zeroes and nines are examples."""
    return not is_one_digit(text)
