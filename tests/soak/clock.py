"""The clock of the world: days pass when a schedule says so, in all code on whose time a decision hangs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

from lake_gate.decision import judging, verdicts
from lake_gate.finding_events import index
from lake_gate.finding_events import operators as events
from lake_gate.ledger import book
from lake_gate.review import answering

MODULES: tuple[Any, ...] = (judging, verdicts, index, events, book, answering)


class Clock(datetime):
    """The class ``datetime`` of these modules."""

    days = 0
    """Days that have passed by schedule."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Return the time now, in the world."""
        return datetime.now(tz) + timedelta(days=Clock.days)  # type: ignore[return-value]


def now() -> datetime:
    """Return the time now, in the world; aware, UTC."""
    return Clock.now(UTC)
