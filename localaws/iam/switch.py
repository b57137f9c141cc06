"""The switch of the enforcement, and a log of decisions, which shows statements that are never used."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its answer; ``by`` is the statement (its Sid or its number) that decided."""

    principal: str
    action: str
    resource: str
    allowed: bool
    by: str


class Switch:
    """Off at first, or as the server was started; moto's reset brings that back and forgets what was asked."""

    def __init__(self) -> None:
        self._initially = self.is_on = False
        self._asked: Counter[Asked] = Counter()
        self._lock = threading.Lock()

    def start_with(self, is_on: bool) -> None:
        """Use this position now and after every reset."""
        self._initially = is_on
        self.reset()

    def turn(self, is_on: bool) -> None:
        """Switch on or off; what was asked is kept."""
        self.is_on = is_on

    def reset(self) -> None:
        """Go back to the first position and forget what was asked."""
        with self._lock:
            self.is_on = self._initially
            self._asked.clear()

    def note(self, asked: Asked) -> None:
        """Remember a question."""
        with self._lock:
            self._asked[asked] += 1

    def to_json(self) -> dict[str, Any]:
        """Return the position and, in the order in which they first came, the questions with how often they did."""
        with self._lock:
            return {
                "enforced": self.is_on,
                "asked": [{**asdict(asked), "times": times} for asked, times in self._asked.items()],
            }


switch = Switch()
