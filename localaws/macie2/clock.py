"""Macie's clock: the machine's plus the dial ``clock_ahead_seconds``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from localaws.macie2.dials import dials


def now() -> datetime:
    """Return the time in UTC, in milliseconds as Macie gives them."""
    time = storage_now() + timedelta(seconds=dials.current.clock_ahead_seconds)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def storage_now() -> datetime:
    """Return the time with which S3 dates uploads; the dial does not move it."""
    return datetime.now(UTC)
