"""Client tokens: the same facts give the same token, so that a repeated request creates nothing twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from macie.errors import MacieError

MAX_TOKENS = 10


def iter_client_tokens(*facts: Any) -> Iterator[str]:
    """
    Iterate over the client tokens for some facts, :data:`MAX_TOKENS` at most.

    AWS publishes no lifetime of a token, so a resource that was cancelled or deleted is created again with the next
    token.

    :param facts: values that JSON can hold; the order of keys makes no difference
    """
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    token = hashlib.sha256(canonical.encode()).hexdigest()
    yield token
    yield from (f"{token}-{number}" for number in range(2, MAX_TOKENS + 1))


def create_once(
    facts: Sequence[Any],
    *,
    create: Callable[[str], str],
    is_usable: Callable[[str], bool],
    exhausted: Callable[[str, int], MacieError],
) -> str:
    """
    Create a resource, or find the one that was created from the same facts.

    :param facts: see :func:`iter_client_tokens`
    :param create: sends the request with a client token and returns the resource's id
    :param is_usable: whether the resource of that id may be used; if not, the next token is tried
    :param exhausted: makes the error from the id of the last resource and the number of tokens
    :return: id of the first usable resource
    """
    for token in iter_client_tokens(*facts):
        resource_id = create(token)
        if is_usable(resource_id):
            return resource_id
    raise exhausted(resource_id, MAX_TOKENS)
