"""Pages of a list behind an opaque token."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from localaws.macie2.exceptions import ValidationException

DEFAULT_PAGE = 50


def page[Item](items: Sequence[Item], max_results: int | None, token: str | None) -> tuple[list[Item], str | None]:
    """Return one page and the token of the next one, None after the last.

    :param max_results: None for 50, the default that the API documents where it documents one.
    :raises ValidationException: for a size below 1 or a token that was not given out here.
    """
    size = DEFAULT_PAGE if max_results is None else max_results
    if size < 1:
        raise ValidationException("maxResults must be at least 1")
    start = _offset(token) if token else 0
    end = start + size
    return list(items[start:end]), _token(end) if end < len(items) else None


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
