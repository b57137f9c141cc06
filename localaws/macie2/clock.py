"""Macie's clock: the machine's plus the dial ``clock_ahead_seconds``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from localaws.macie2.dials import dials


def now() -> datetime:
    """Return the time in UTC, in milliseconds as Macie gives them."""
    time = storage_now() + timedelta(seconds=dials.current.clock_ahead_seconds)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def to_text(moment: object) -> str:
    """Write a time as the API does: ISO 8601, in UTC, in milliseconds.

    :raises TypeError: for anything else, as ``default`` of :func:`json.dumps`.
    """
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
    raise TypeError(type(moment).__name__)


def storage_now() -> datetime:
    """Return the time with which S3 dates uploads; the dial does not move it."""
    return datetime.now(UTC)
