"""Parallel calls of S3 in a bounded thread pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import batched

THREADS = 32
_WINDOW = 1000
"""Most items whose results are in memory at the same time."""


def map_threads[Item, Result](
    function: Callable[[Item], Result], items: Iterable[Item], threads: int = THREADS
) -> Iterator[tuple[Item, Result]]:
    """Yield each item with the function's result, in the order of the items, in bounded memory.

    :raises Exception: the first exception of the function.
    """
    with ThreadPoolExecutor(threads) as pool:
        for window in batched(items, _WINDOW):
            yield from zip(window, pool.map(function, window), strict=True)
