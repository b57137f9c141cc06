"""The days of automated discovery, by Macie's clock."""

from __future__ import annotations

from datetime import timedelta

from localaws.macie2.clock import now
from localaws.macie2.dials import state_lock

_DAY = timedelta(days=1)


class Days:
    """The days since automated discovery was enabled, each of which has one sample; the first begins at once.

    Days that the clock jumps over are made up for by one sample, as the runs of a scheduled job are.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._began_at = now()
        self._taken = 0

    def stop(self) -> None:
        """End the days; nothing is published after this."""
        with state_lock:
            self.is_over = True
            state_lock.notify_all()

    def await_next(self) -> int | None:
        """Wait for a day that is not taken yet and take it; return its number, None when the days are over."""
        with state_lock:
            while not self.is_over:
                day = (now() - self._began_at) // _DAY + 1
                if day > self._taken:
                    self._taken = day
                    return day
                due_at = self._began_at + self._taken * _DAY
                state_lock.wait(max((due_at - now()).total_seconds(), 0.001))
            return None
