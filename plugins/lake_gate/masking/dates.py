"""Shift ISO dates and timestamps by whole days; the format and the time of day stay."""

from __future__ import annotations

import hmac
import re
from datetime import date

from lake_gate.masking.cache import Cache
from lake_gate.masking.methods import UnmaskableError, encoded

MOST_DAYS = 365
"""Dates are shifted by 1 to this many days, back or forth."""
_TIME = re.compile(r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS_CHARACTERS = 10
_CACHE_BYTES = 8 * 1024**2


def days_of(key: bytes, identity: str) -> int:
    """Return the number of days by which the dates of one patient are shifted; never 0."""
    number = int.from_bytes(hmac.digest(key, encoded(identity), "sha256")[:8]) % (2 * MOST_DAYS)
    return number - MOST_DAYS if number < MOST_DAYS else number - MOST_DAYS + 1


class Dates:
    """Shifts dates; it remembers those that it has parsed.

    :param oldest_year: earlier dates become the first day of this year.
    """

    def __init__(self, oldest_year: int) -> None:
        self._oldest = date(oldest_year, 1, 1).toordinal()
        self._ordinals = Cache(_ordinal, _CACHE_BYTES)
        self._times = Cache(_checked_time, _CACHE_BYTES)
        self._shown = Cache(_shown, _CACHE_BYTES)

    def shift(self, value: str, days: int) -> str:
        """Return the date or timestamp that is this many days later.

        :raises UnmaskableError: when it is neither, or there is no such day.
        """
        ordinal = self._ordinals[value[:_DAYS_CHARACTERS]] + days
        return self._shown[max(ordinal, self._oldest)] + self._times[value[_DAYS_CHARACTERS:]]


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
