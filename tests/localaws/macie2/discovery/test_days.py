"""The days of automated discovery."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localaws.macie2.dials import dials
from localaws.macie2.discovery.days import Days

DAY_SECONDS = 24 * 3600


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    dials.reset()


def test_each_day_is_taken_once_and_missed_days_are_made_up_for_by_one() -> None:
    days = Days()
    assert days.await_next() == 1
    dials.set(clock_ahead_seconds=DAY_SECONDS)
    assert days.await_next() == 2
    dials.set(clock_ahead_seconds=5 * DAY_SECONDS)
    assert days.await_next() == 6


def test_no_day_follows_when_they_are_over() -> None:
    days = Days()
    days.stop()
    dials.set(clock_ahead_seconds=DAY_SECONDS)
    assert (days.await_next(), days.is_over) == (None, True)
