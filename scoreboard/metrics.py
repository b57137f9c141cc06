"""Precision and recall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEAST_PRECISION, LEAST_RECALL = 0.95, 0.90


@dataclass(frozen=True, slots=True)
class Score:
    """How many labelled values were found, falsely found, and missed."""

    hits: int = 0
    false_alarms: int = 0
    misses: int = 0

    @classmethod
    def of(cls, labels: Iterable[bool], found: Iterable[bool]) -> Score:
        """Compare what is true with what was found, value by value."""
        pairs = list(zip(labels, found, strict=True))
        return cls(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False)))

    def __add__(self, other: Score) -> Score:
        return Score(self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses)

    @property
    def precision(self) -> float | None:
        """Share of what was found that is true; None when nothing was found."""
        found = self.hits + self.false_alarms
        return self.hits / found if found else None

    @property
    def recall(self) -> float | None:
        """Share of what is true that was found; None when nothing is true."""
        true = self.hits + self.misses
        return self.hits / true if true else None


def problems(scores: Mapping[str, Mapping[str, Score]]) -> list[str]:
    """Say which identifier is below the least precision or recall in which shape.

    :param scores: by identifier and shape.
    """
    found = []
    for identifier, by_shape in scores.items():
        for shape, score in by_shape.items():
            if (score.precision or 0.0) < LEAST_PRECISION:
                found.append(f"{identifier} ({shape}): precision {_share(score.precision)} is below {LEAST_PRECISION}")
            if (score.recall or 0.0) < LEAST_RECALL:
                found.append(f"{identifier} ({shape}): recall {_share(score.recall)} is below {LEAST_RECALL}")
    return found


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
