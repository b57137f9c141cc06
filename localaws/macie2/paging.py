"""Pages of a list behind an opaque token."""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from moto.moto_api._internal import mock_random

from localaws.macie2.exceptions import ValidationException

DEFAULT_PAGE = 50


def page[Item](member: str, items: Sequence[Item], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the requested page, with the token of the next page if there is one.

    :param member: name of the items in the response.
    :raises ValidationException: for a size below 1 or a token that this module did not create.
    """
    taken, next_token = _cut(items, request.get("maxResults"), request.get("nextToken"))
    return {member: taken, "nextToken": next_token}


def _cut[Item](items: Sequence[Item], max_results: int | None, token: str | None) -> tuple[list[Item], str | None]:
    """Return a page and the token of the next one, None after the last.

    :param max_results: None for 50, the API's default where it documents a default.
    """
    size = DEFAULT_PAGE if max_results is None else max_results
    if size < 1:
        raise ValidationException("maxResults must be at least 1")
    start = _offset(token) if token else 0
    end = start + size
    return list(items[start:end]), _token(end) if end < len(items) else None


def shuffled[Item](items: Sequence[Item]) -> list[Item]:
    """Return the items in an order that changes with every call; it is reproducible with moto's seed."""
    return mock_random.sample(items, len(items))


def shuffled_page(member: str, items: Sequence[str], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of the items that earlier pages did not have; the token lists those, as the order changes.

    :raises ValidationException: for a size below 1 or a token that this module did not create.
    """
    token = request.get("nextToken")
    given = Counter(_given(token) if token else ())
    left = shuffled(list((Counter(items) - given).elements()))
    taken, next_token = _cut(left, request.get("maxResults"), None)
    if next_token is not None:
        next_token = base64.urlsafe_b64encode(json.dumps([*given.elements(), *taken]).encode()).decode()
    return {member: taken, "nextToken": next_token}


def _given(token: str) -> list[str]:
    try:
        given = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        given = None
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise ValidationException("nextToken is not valid")
    return given


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def _offset(token: str) -> int:
    try:
        name, _, offset = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition(":")
        if name == "offset":
            return int(offset)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise ValidationException("nextToken is not valid")
