"""The answers of custom resources, which their functions PUT to a URL of the server."""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.moto_api._internal import mock_random

PATH = "/localaws/cloudformation/responses/"
#: CloudFormation takes 4096 bytes. Source:
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
MOST_BYTES = 4096


class Callbacks:
    """Answers that are waited for, by the token in their URL."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, dict[str, Any] | None] = {}

    def expect(self) -> str:
        """Return the token for an answer."""
        token = str(mock_random.uuid4())
        with self._lock:
            self._answers[token] = None
        return token

    def receive(self, token: str, body: bytes) -> bool:
        """Keep an answer; returns whether it was waited for and is an object of JSON."""
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            return False
        with self._lock:
            if token not in self._answers or not isinstance(answer, dict):
                return False
            self._answers[token] = answer
        return True

    def take(self, token: str) -> dict[str, Any] | None:
        """Return the answer, if there is one; later ones are refused."""
        with self._lock:
            return self._answers.pop(token)


callbacks = Callbacks()
