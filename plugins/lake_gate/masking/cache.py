"""A dictionary that computes missing values and is emptied before it grows too large. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

_ENTRY_BYTES = 300
"""Memory of an entry besides its characters: two objects and their place in the table."""


class Cache[Key: Hashable, Value](dict[Key, Value]):
    """Values of a pure function by argument; ``cache[argument]`` runs in C for arguments that are known.

    :param compute: the function; what it raises passes through.
    :param most_bytes: memory after which all entries are forgotten, roughly.
    """

    def __init__(self, compute: Callable[[Key], Value], most_bytes: int) -> None:
        super().__init__()
        self._compute = compute
        self._most_bytes = self._room = most_bytes

    def __missing__(self, key: Key) -> Value:
        """Compute and remember a value."""
        value = self._compute(key)
        self._room -= _ENTRY_BYTES + _size(key) + _size(value)
        if self._room < 0:
            self.clear()
            self._room = self._most_bytes
        self[key] = value
        return value


def _size(item: Any) -> int:
    return len(item) if isinstance(item, str) else 0
