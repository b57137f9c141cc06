"""Messages of Macie to other services: sent in order, by a thread that ends when all are sent.

moto must not be called while the lock is held, and Macie posts its messages while it holds the lock.
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
    """The outgoing messages of one account's Macie; a failure affects neither other messages nor the sender."""

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account_id = account_id
        self._region_name = region_name
        self._messages: deque[Callable[[], None]] = deque()
        self.is_sending = False
        self._is_closed = False

    def post[Backend](self, service: Backends[Backend], message: Callable[[Backend], None]) -> None:
        """Send a message after those that were posted before.

        :param service: moto's backends of the receiving service.
        :param message: called with the service's backend of the account and Region.
        """
        with state_lock:
            if self._is_closed:
                return
            self._messages.append(lambda: self._deliver(service, message))
            if not self.is_sending:
                self.is_sending = True
                threading.Thread(target=self._send, name="macie-outbox", daemon=True).start()

    def close(self) -> None:
        """Drop the waiting messages and all later ones."""
        with state_lock:
            self._is_closed = True
            self._messages.clear()

    def _deliver[Backend](self, service: Backends[Backend], message: Callable[[Backend], None]) -> None:
        """Find the backend first: moto blocks this during a reset, and then returns a new backend."""
        backend = service[self._account_id][self._region_name]
        if not self._is_closed:
            message(backend)

    def _send(self) -> None:
        while (message := self._next()) is not None:
            try:
                message()
            except Exception as error:  # the text of the error could contain a finding
                log.warning("Macie could not send a message to another service: %s", type(error).__name__)

    def _next(self) -> Callable[[], None] | None:
        with state_lock:
            if self._messages:
                return self._messages.popleft()
            self.is_sending = False
            return None
