"""Telephone numbers of Germany, Italy and the United Kingdom.

Sources: the numbering plans of Bundesnetzagentur, AGCOM and Ofcom, as ITU-T E.129 lists them.
"""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"[ ,;]*(?:x|ext).*", re.IGNORECASE | re.DOTALL)
_SHORT_AREAS = ("30", "32", "40", "69", "89")
_AREA = re.compile(r"\(?0(\d+)")
_NORTH_AMERICAN = re.compile(r"3\d{2}[.\-\u2011\u2013/]?[2-9]\d{2}[.\-\u2011\u2013/ ]?\d{4}")


def _digits(text: str) -> str:
    return re.sub(r"\D", "", _EXTENSION.sub("", text))


def _after_code(text: str, code: str) -> str | None:
    """Return the digits after the country code; None without one."""
    digits = _digits(text)
    if text.startswith("+"):
        return digits.removeprefix(code)
    return digits.removeprefix("00" + code) if digits.startswith("00" + code) else None


def is_german_phone(text: str) -> bool:
    """7 to 12 digits after the country code or the 0 in front; a short area code is one of five."""
    digits = _after_code(text, "49")
    if digits is not None:
        return 7 <= len(digits.removeprefix("0")) <= 12
    area = _AREA.match(text)
    is_area = area is not None and (len(area[1]) > 2 or area[1] in _SHORT_AREAS)
    return is_area and 7 <= len(_digits(text)) - 1 <= 12


def is_british_phone(text: str) -> bool:
    """Nine or ten digits after the country code, ten after the 0 in front."""
    digits = _after_code(text, "44")
    return len(_digits(text)) == 11 if digits is None else len(digits.removeprefix("0")) in (9, 10)


def is_italian_phone(text: str) -> bool:
    """8 to 11 digits of a fixed line, 9 or 10 of a mobile; what could be North American needs its country code."""
    digits = _after_code(text, "39")
    if digits is None and _NORTH_AMERICAN.fullmatch(_EXTENSION.sub("", text)):
        return False
    digits = _digits(text) if digits is None else digits
    if digits.startswith("00"):  # the code of another country
        return False
    return len(digits) in (range(8, 12) if digits.startswith("0") else (9, 10))
