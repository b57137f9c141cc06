"""Geometry of the bars of the Gate page: one stacked bar per run. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lake_gate.display.words import OUTCOMES
from lake_gate.pages.runs import FeedRow

MOST_BARS = 60
HEIGHT = 120
_BAR, _GAP = 12, 4
_LEAST_HEIGHT = 3.0
"""A single quarantined file among thousands must be visible."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Part of a bar: the files of one outcome."""

    outcome: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """Bar of a run; a run without files has no segments, and gets a mark for its state instead."""

    row: FeedRow
    x: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of the latest runs, the oldest on the left.

    :param highest: number of files of the largest run.
    """

    bars: tuple[Bar, ...]
    width: int
    highest: int
    bar_width: int = _BAR
    height: int = HEIGHT


def draw(rows: Sequence[FeedRow]) -> Chart:
    """Return the chart of the latest runs.

    :param rows: the latest first.
    """
    latest = list(reversed(rows[:MOST_BARS]))
    highest = max((sum(row.outcomes.values()) for row in latest), default=0)
    first = MOST_BARS - len(latest)
    bars = [
        Bar(row, (first + number) * (_BAR + _GAP), _segments(row.outcomes, highest))
        for number, row in enumerate(latest)
    ]
    return Chart(tuple(bars), MOST_BARS * (_BAR + _GAP), highest)


def _segments(outcomes: dict[str, int], highest: int) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    y = float(HEIGHT)
    for outcome in OUTCOMES:
        if count := max(outcomes.get(outcome, 0), 0):
            height = max(count / highest * (HEIGHT - len(OUTCOMES) * _LEAST_HEIGHT), _LEAST_HEIGHT)
            y -= height
            segments.append(Segment(outcome, round(y, 2), round(height, 2)))
    return tuple(segments)
