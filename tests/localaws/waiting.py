"""Wait for what happens in another thread, with a deadline and without guessing how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

DEADLINE_SECONDS = 60


def until[Value](ask: Callable[[], Value | Literal[False] | None], what: str = "the condition") -> Value:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"waited {DEADLINE_SECONDS} s for {what}"
        time.sleep(0.005)
    return answer
