"""A dictionary that computes missing values and is emptied before it grows too large. Pure."""

from __future__ import annotations

from collections.abc import Callable

_ENTRY_BYTES = 400
"""Memory of an entry: two texts of usual length and their place in the table."""
_MOST_CHARACTERS = 150
"""Longer keys are not remembered."""


class Cache[Key: str | int, Value](dict[Key, Value]):
    """Values of a pure function by argument; ``cache[argument]`` runs in C for arguments that are known.

    :param compute: the function; what it raises passes through.
    :param most_bytes: memory after which all entries are forgotten, roughly.
    """

    def __init__(self, compute: Callable[[Key], Value], most_bytes: int) -> None:
        super().__init__()
        self._compute = compute
        self._most = most_bytes // _ENTRY_BYTES

    def __missing__(self, key: Key) -> Value:
        """Compute a value, and remember it."""
        value = self._compute(key)
        if len(self) >= self._most:
            self.clear()
        if isinstance(key, int) or len(key) <= _MOST_CHARACTERS:
            self[key] = value
        return value
