"""What Macie tells the other services: sent in order, by a thread of its own that ends when all is sent.

Nothing of moto is called while the lock is held, and what Macie has to tell happens while it is.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from localaws.macie2.dials import changed

log = logging.getLogger(__name__)

type Letter = Callable[[], None]


class Outbox:
    """The letters of one account's Macie; one that cannot be sent harms neither the others nor who posted it."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque()
        self._is_sending = False

    def post(self, letter: Letter) -> None:
        """Have a letter sent after those posted before."""
        with changed:
            self._letters.append(letter)
            if not self._is_sending:
                self._is_sending = True
                threading.Thread(target=self._send, name="macie-outbox", daemon=True).start()

    def discard(self) -> None:
        """Forget what was not sent yet."""
        with changed:
            self._letters.clear()

    def _send(self) -> None:
        while (letter := self._next()) is not None:
            try:
                letter()
            except Exception as error:  # the text of the error could hold what stands in a finding
                log.warning("Macie could not tell another service: %s", type(error).__name__)

    def _next(self) -> Letter | None:
        with changed:
            if self._letters:
                return self._letters.popleft()
            self._is_sending = False
            return None
