"""What Macie tells the other services: sent in order, by a thread of its own that ends when all is sent.

Nothing of moto is called while the lock is held, and what Macie has to tell happens while it is.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping

from localaws.macie2.dials import state_lock

log = logging.getLogger(__name__)

type Backends[Backend] = Mapping[str, Mapping[str, Backend]]


class Outbox:
    """The letters of one account's Macie; one that cannot be sent harms neither the others nor who posted it."""

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account_id = account_id
        self._region_name = region_name
        self._letters: deque[Callable[[], None]] = deque()
        self.is_sending = False
        self._is_closed = False

    def post[Backend](self, service: Backends[Backend], letter: Callable[[Backend], None]) -> None:
        """Have a letter sent after those posted before.

        :param service: moto's backends of the service that the letter goes to.
        :param letter: takes the service's backend of the account and Region.
        """
        with state_lock:
            if self._is_closed:
                return
            self._letters.append(lambda: self._deliver(service, letter))
            if not self.is_sending:
                self.is_sending = True
                threading.Thread(target=self._send, name="macie-outbox", daemon=True).start()

    def close(self) -> None:
        """Send nothing any more, neither what was posted nor what will be."""
        with state_lock:
            self._is_closed = True
            self._letters.clear()

    def _deliver[Backend](self, service: Backends[Backend], letter: Callable[[Backend], None]) -> None:
        """Find the backend first: during a reset moto lets us wait here, and what we are given then is a new one."""
        backend = service[self._account_id][self._region_name]
        if not self._is_closed:
            letter(backend)

    def _send(self) -> None:
        while (letter := self._next()) is not None:
            try:
                letter()
            except Exception as error:  # the text of the error could hold what stands in a finding
                log.warning("Macie could not tell another service: %s", type(error).__name__)

    def _next(self) -> Callable[[], None] | None:
        with state_lock:
            if self._letters:
                return self._letters.popleft()
            self.is_sending = False
            return None
