"""Two threads that scan objects of all jobs; polars and RE2 release the GIL.

The threads are kept, as polars caches compiled expressions by thread; they are daemon threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

COUNT = 2

_tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
_starting = threading.Lock()
_threads: list[threading.Thread] = []


def submit[Answer](task: Callable[[], Answer]) -> Future[Answer]:
    """Execute a task in one of the threads."""
    with _starting:
        if not any(thread.is_alive() for thread in _threads):  # a forked process has none
            _start()
    future: Future[Answer] = Future()
    _tasks.put((future, task))
    return future


def _start() -> None:
    _threads[:] = [threading.Thread(target=_work, name=f"macie-scan-{n}", daemon=True) for n in range(COUNT)]
    for thread in _threads:
        thread.start()


def _work() -> None:
    while True:
        future, task = _tasks.get()
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(task())
            except BaseException as error:  # it is raised by Future.result()
                future.set_exception(error)
