"""Dates that exist."""

from __future__ import annotations

import re
from datetime import date

from localaws.macie2.identifiers.model import words

_MONTHS = {name: at for at, name in enumerate(words("jan feb mar apr may jun jul aug sep oct nov dec"), start=1)}
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)", re.IGNORECASE)
_OLDEST_YEAR, _LATEST_YEAR = 1850, 2100


def is_date_of_birth(text: str) -> bool:
    """A day that exists, in a year from 1850 to 2100; of two possible readings one is enough."""
    parts = re.findall(r"\d+|[A-Za-z]+", _ORDINAL.sub("", text))[:3]
    named = [at for at, part in enumerate(parts) if part.isalpha()]
    if named:
        month = _MONTHS.get(parts.pop(named[0])[:3].lower(), 0)
        numbers = [int(part) for part in parts]
        readings = [(numbers[-1], month, numbers[0]), (numbers[0], month, numbers[-1])]
        return any(exists(*reading) for reading in readings)
    if len(parts) == 1:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    first, second, third = (int(part) for part in parts)
    if len(parts[0]) == 4:
        return exists(first, second, third)
    return exists(third, first, second) or exists(third, second, first)


def exists(year: int, month: int, day: int) -> bool:
    """Return whether there is such a day; a year of two digits is of the twentieth century."""
    if year < 100:
        year += 1900
    if not _OLDEST_YEAR <= year <= _LATEST_YEAR:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def in_digits(digits: str) -> bool:
    """Return whether six digits are year, month and day, in this or the last century."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    return exists(1900 + year, month, day) or exists(2000 + year, month, day)
