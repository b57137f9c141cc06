"""Calls side by side: order, memory, errors."""

from __future__ import annotations

from itertools import count, islice

import pytest

from lake_gate.s3 import threads
from lake_gate.s3.threads import map_threads


def test_results_come_with_their_items_in_the_order_of_the_items() -> None:
    assert list(map_threads(lambda n: n * n, range(5000))) == [(n, n * n) for n in range(5000)]


def test_endless_items_are_read_as_the_results_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_WINDOW", 10)
    items = count()
    assert [result for _, result in islice(map_threads(str, items), 25)][-1] == "24"
    assert next(items) == 30


def test_first_error_is_raised_after_the_results_before_it() -> None:
    results = map_threads(lambda n: 10 // n, [5, 2, 0, 1])
    assert [next(results), next(results)] == [(5, 2), (2, 5)]
    with pytest.raises(ZeroDivisionError):
        next(results)
