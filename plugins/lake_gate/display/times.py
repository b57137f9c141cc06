"""Times of the pages: in UTC, and as ages."""

from __future__ import annotations

from datetime import UTC, datetime

from lake_gate.display.words import duration


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def parse(text: str | None) -> datetime | None:
    """Return the time of an ISO 8601 text in UTC; None if it is not one, or has no time zone."""
    try:
        time = datetime.fromisoformat(text or "")
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def moment(text: str | None) -> str:
    """Return a time as ``29 Nov 2026, 11:44``, in UTC; empty if the text is not a time."""
    time = parse(text)
    return f"{time.day} {time:%b %Y, %H:%M}" if time else ""


def age(text: str | None, at: datetime | None = None) -> str:
    """Return how long ago a time is: "3 days"; empty if the text is not a time.

    :param at: the time to count from; now by default.
    """
    time = parse(text)
    return duration(((at or now()) - time).total_seconds()) if time else ""


def between(start: str | None, end: str | None) -> str:
    """Return the length of a period; empty if one of the texts is not a time."""
    first, last = parse(start), parse(end)
    return duration((last - first).total_seconds()) if first and last else ""
