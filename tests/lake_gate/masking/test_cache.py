"""Cache: it answers from memory, and its memory is bounded."""

from __future__ import annotations

import pytest

from lake_gate.masking.cache import Cache


def test_value_is_computed_only_once() -> None:
    computed: list[str] = []
    cache = Cache[str, str](lambda key: computed.append(key) or key.upper(), 10_000)  # type: ignore[func-returns-value]
    assert [cache["a"], cache["b"], cache["a"]] == ["A", "B", "A"]
    assert computed == ["a", "b"]


def test_number_of_entries_is_bounded_by_the_memory() -> None:
    cache = Cache[int, int](lambda key: key, 4_000)
    sizes = []
    for key in range(100):
        assert cache[key] == key
        sizes.append(len(cache))
    assert max(sizes) == 10


def test_long_keys_are_computed_and_not_kept() -> None:
    cache = Cache[str, int](len, 4_000)
    assert cache["x" * 100_000] == 100_000
    assert not cache


def test_error_of_the_function_is_passed_on_and_nothing_is_kept() -> None:
    cache = Cache[str, int](int, 4_000)
    with pytest.raises(ValueError, match="invalid literal"):
        cache["x"]
    assert not cache
