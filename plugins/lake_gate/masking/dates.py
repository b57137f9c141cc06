"""Shift ISO dates and timestamps by whole days; the format and the time of day stay."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from datetime import date

from lake_gate.masking.cache import Cache
from lake_gate.masking.methods import UnmaskableError, encoded

MOST_DAYS = 365
"""Dates are shifted by 1 to this many days, back or forth."""
_TIME = re.compile(r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY = 10
"""Characters of a date without its time."""
_CACHE_BYTES = 24 * 1024**2


def days_of(key: bytes, identity: str) -> int:
    """Return the number of days by which the dates of one patient are shifted; never 0."""
    number = int.from_bytes(hmac.digest(key, encoded(identity), "sha256")[:8]) % (2 * MOST_DAYS)
    return number - MOST_DAYS if number < MOST_DAYS else number - MOST_DAYS + 1


class Dates:
    """Shifts dates; it remembers those that it has seen.

    :param oldest_year: earlier dates become the first day of this year.
    """

    def __init__(self, oldest_year: int) -> None:
        oldest = date(oldest_year, 1, 1).toordinal()
        self._ordinals = Cache(_ordinal, _CACHE_BYTES)
        self._shown = Cache[int, str](lambda ordinal: _shown(max(ordinal, oldest)), _CACHE_BYTES)
        self._times = Cache(_checked_time, _CACHE_BYTES)

    def shift(self, values: Iterable[str], days: Iterable[int]) -> list[str]:
        """Return dates and timestamps that are so many days later; an empty text where there is no date or 0 days.

        :raises UnmaskableError: when a value is neither date nor timestamp, or there is no such day.
        """
        ordinals, shown, times = self._ordinals, self._shown, self._times
        return [
            shown[ordinals[value[:_DAY]] + count] + times[value[_DAY:]] if value and count else ""
            for value, count in zip(values, days, strict=True)
        ]


def _ordinal(text: str) -> int:
    if not _DATE.fullmatch(text):
        raise UnmaskableError("is not an ISO date")
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise UnmaskableError("is not a day of the calendar") from None


def _shown(ordinal: int) -> str:
    if ordinal > date.max.toordinal():
        raise UnmaskableError("is too late to be shifted")
    return date.fromordinal(ordinal).isoformat()


def _checked_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise UnmaskableError("is not an ISO timestamp")
    return text
