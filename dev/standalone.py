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
import gc
import os
import socket
import sys
from dataclasses import dataclass
from importlib import import_module
from threading import Thread

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


def _run() -> None:
    """Create or upgrade the database, start Airflow's processes, and print their lines until they have ended."""
    prepare_forks()
    for name in _IMPORTED_BY_COMMANDS:
        import_module(name)
    _run_airflow("db", "migrate")  # writes the configuration of a new home, too, with the secrets of all
    asyncio.run(_make_routes_of_tasks_api())
    settings.reconfigure_orm()  # type: ignore[no-untyped-call]  # connections to SQLite must not be carried over a fork
    port_of_tasks = _free_port()
    os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"http://127.0.0.1:{port_of_tasks}/execution/"
    gc.freeze()
    # All are forked before the first thread is started.
    processes = [
        _start("scheduler", "--skip-serve-logs"),
        _start("dag-processor"),
        _start("triggerer", "--skip-serve-logs"),
        _start("api-server", "--apps", "core"),
        _start("api-server", "--apps", "execution", "--port", str(port_of_tasks)),
    ]
    for process in processes:
        Thread(target=process.print_lines).start()


def _run_airflow(*command: str) -> None:
    sys.argv = ["airflow", *command]
    main()  # type: ignore[no-untyped-call]


async def _make_routes_of_tasks_api() -> None:
    """Answer one request: the first one has the routes made, which takes seconds, for the process that is forked."""
    transport = httpx.ASGITransport(cached_app(apps="execution"))
    async with httpx.AsyncClient(transport=transport, base_url="http://in-process.invalid") as client:
        (await client.get("/execution/health")).raise_for_status()


@dataclass(frozen=True)
class _Process:
    """A process that runs a command of Airflow.

    :param lines: file descriptor of what it prints.
    """

    name: str
    pid: int
    lines: int

    def print_lines(self) -> None:
        """Print its lines, each with its name, and how it ended."""
        with os.fdopen(self.lines, errors="replace") as lines:
            for line in lines:
                print(f"{self.name:28} | {line.rstrip()}", flush=True)
        _, status = os.waitpid(self.pid, 0)
        print(f"{self.name:28} | ended with exit code {os.waitstatus_to_exitcode(status)}", flush=True)


def _start(*command: str) -> _Process:
    """Fork a process for a command of Airflow.

    By ``os.fork``: a child of ``multiprocessing`` would ignore SIGTERM, as Airflow's scheduler takes it for a worker.
    """
    lines, output = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.dup2(output, 1)
        os.dup2(output, 2)
        _run_airflow(*command)
        sys.exit()
    os.close(output)
    return _Process(" ".join(command[:3]), pid, lines)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


if __name__ == "__main__":
    _run()
