"""The time as Macie has it: that of the machine, and ahead of it by what the dial ``clock_ahead_seconds`` says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from localaws.macie2.dials import dials


def now() -> datetime:
    """Return the time in UTC, in milliseconds as Macie gives them."""
    time = storage_now() + timedelta(seconds=dials.current.clock_ahead_seconds)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def storage_now() -> datetime:
    """Return the time that S3 dates what is uploaded with, which the dial does not move."""
    return datetime.now(UTC)
