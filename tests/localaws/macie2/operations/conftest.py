"""Two accounts and what a listing has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MEMBER = "111122223333"


@pytest.fixture
def member(client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]) -> Any:
    """Macie of the account ``MEMBER``, enabled."""
    made = client("macie2", **other_account(MEMBER))
    made.enable_macie()
    return made


def pages(client: Any, operation: str, key: str, **parameters: Any) -> list[list[Any]]:
    """Return what each page of a listing has."""
    return [part[key] for part in client.get_paginator(operation).paginate(**parameters)]
