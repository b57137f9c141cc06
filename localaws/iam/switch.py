"""The switch of the enforcement, and a log of decisions, which shows statements that are never used."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """A decision about a permission; ``by`` is the Sid or number of the statement that decided."""

    principal: str
    action: str
    resource: str
    allowed: bool
    by: str


class Switch:
    """Off at first, or as the server was started; moto's reset restores this and clears the log."""

    def __init__(self) -> None:
        self._initially = self.is_on = False
        self._log: Counter[LoggedDecision] = Counter()
        self._lock = threading.Lock()

    def start_with(self, is_on: bool) -> None:
        """Use this position now and after every reset."""
        self._initially = is_on
        self.reset()

    def turn(self, is_on: bool) -> None:
        """Switch on or off; the log is kept."""
        self.is_on = is_on

    def reset(self) -> None:
        """Restore the first position and clear the log."""
        with self._lock:
            self.is_on = self._initially
            self._log.clear()

    def note(self, decision: LoggedDecision) -> None:
        """Log a decision."""
        with self._lock:
            self._log[decision] += 1

    def to_json(self) -> dict[str, Any]:
        """Return the position and the logged decisions with their counts, in the order of their first occurrence."""
        with self._lock:
            return {
                "enforced": self.is_on,
                "asked": [{**asdict(decision), "times": times} for decision, times in self._log.items()],
            }


switch = Switch()
