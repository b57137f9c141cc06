"""Objects are scanned one after the other, whichever jobs they belong to, in a thread that is kept.

Kept, because polars keeps compiled expressions by thread; one, because polars uses all cores for each anyway, and two
would wait for each other at every return to the interpreter. It never keeps the process alive.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

_tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
_starting = threading.Lock()
_thread: threading.Thread | None = None


def submit[Answer](task: Callable[[], Answer]) -> Future[Answer]:
    """Have a task done by the thread."""
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():  # it is not in a forked process
            # What is there by now stays: moto, botocore, the lists of words. A full collection takes a quarter of a
            # second to find that out, several times in the scan of a large object.
            gc.freeze()
            _thread = threading.Thread(target=_work, name="macie-scan", daemon=True)
            _thread.start()
    future: Future[Answer] = Future()
    _tasks.put((future, task))
    return future


def _work() -> None:
    while True:
        future, task = _tasks.get()
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(task())
            except BaseException as error:  # it is raised where the answer is asked for
                future.set_exception(error)
