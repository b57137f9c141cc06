"""Idempotency tokens: the same facts give the same token, so that a repeated request makes nothing twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

MAX_TOKENS = 10


def iter_client_tokens(*facts: Any) -> Iterator[str]:
    """
    Iterate over the tokens that stand for some facts: one, and a bounded number of next ones.

    The next ones are for when what the first made is no longer of use (cancelled, deleted): AWS publishes no lifetime
    of a token.

    :param facts: anything that JSON can hold; the order of keys does not count
    """
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    token = hashlib.sha256(canonical.encode()).hexdigest()
    yield token
    yield from (f"{token}-{number}" for number in range(2, MAX_TOKENS + 1))
