"""Two objects are scanned side by side, whichever jobs they belong to: polars and RE2 let go of the interpreter.

The threads are kept, as polars keeps compiled expressions by thread, and they never keep the process alive.
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
    """Have a task done by one of the threads."""
    with _starting:
        if not any(thread.is_alive() for thread in _threads):  # none is in a forked process
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
            except BaseException as error:  # it is raised where the answer is asked for
                future.set_exception(error)
