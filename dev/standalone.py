"""Airflow for a laptop: ``python -m dev.standalone``, with the environment of ``dev.paths``.

It runs what ``airflow standalone`` runs, with four differences. Its processes are forks of one that has imported
Airflow: that import takes each of them longer than anything else. The servers of log files, which would listen on every
address of the machine, are not started, because the API server reads those files itself. The API of the tasks is a
separate process: in a shared one, a request of the UI and one of a task can wait for each other until SQLite times out
(one holds the lock until the event loop continues, the other waits for the lock on the event loop). And what each task
would repeat, which is a fork of the scheduler, is done before (``dev.task_cost``).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

import httpx
from airflow import settings
from airflow.__main__ import main
from airflow.api_fastapi.app import cached_app

from dev.task_cost import prepare_forks

_IMPORTED_BY_COMMANDS = (
    "airflow.api_fastapi.core_api.routes.public",
    "airflow.api_fastapi.core_api.routes.ui",
    "airflow.api_fastapi.execution_api.routes",
    "airflow.cli.commands.api_server_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.cli.commands.triggerer_command",
    "airflow.executors.local_executor",
)
STOPPING_SECONDS = 20


def _run() -> None:
    """Create or upgrade the database, and run Airflow's processes; when one of them ends, stop the others.

    ``dev.services`` starts it in a process group of its own, which has those of the executor, too.
    """
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # all write to one log
    prepare_forks()
    for name in _IMPORTED_BY_COMMANDS:
        import_module(name)
    _run_airflow("db", "migrate")  # writes the configuration of a new home, too, with the secrets of all
    asyncio.run(_make_routes_of_tasks_api())
    settings.reconfigure_orm()  # type: ignore[no-untyped-call]  # connections to SQLite must not be carried over a fork
    port_of_tasks = _free_port()
    os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"http://127.0.0.1:{port_of_tasks}/execution/"
    gc.freeze()
    commands = (
        ("scheduler", "--skip-serve-logs"),
        ("dag-processor",),
        ("triggerer", "--skip-serve-logs"),
        ("api-server", "--apps", "core"),
        ("api-server", "--apps", "execution", "--port", str(port_of_tasks)),
    )
    processes = {_start(command): command for command in commands}
    pid, status = os.wait()
    ended = f"airflow {' '.join(processes[pid])} ended with exit code {os.waitstatus_to_exitcode(status)}"
    print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {ended}; the others are stopped")
    _stop_group()


def _run_airflow(*command: str) -> None:
    sys.argv = ["airflow", *command]
    main()  # type: ignore[no-untyped-call]


async def _make_routes_of_tasks_api() -> None:
    """Answer one request: the first one has the routes made, which takes seconds, for the process that is forked."""
    transport = httpx.ASGITransport(cached_app(apps="execution"))
    async with httpx.AsyncClient(transport=transport, base_url="http://in-process.invalid") as client:
        (await client.get("/execution/health")).raise_for_status()


def _start(command: Sequence[str]) -> int:
    """Fork a process for a command of Airflow; return its id.

    By ``os.fork``: a child of ``multiprocessing`` would ignore SIGTERM, as Airflow's scheduler takes it for a worker.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _run_airflow(*command)
        sys.exit()
    return pid


def _stop_group() -> None:
    """Terminate the other processes, and kill what is left, and this one: those of the executor ignore SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(os.getpgrp(), signal.SIGTERM)
    end = time.monotonic() + STOPPING_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < end:
            os.waitpid(-1, os.WNOHANG)
            time.sleep(0.1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


if __name__ == "__main__":
    _run()
