"""Airflow for a laptop: ``python -m dev.standalone``, with the environment of ``dev.paths``.

It runs what ``airflow standalone`` runs, with four differences. Its processes are forks of one that has imported
Airflow: that import takes each of them longer than anything else. The servers of log files, which would listen on every
address of the machine, are not started, because the API server reads those files itself. The API of the tasks is a
separate process: in a shared one, a request of the UI and one of a task can wait for each other until SQLite times out
(one holds the lock until the event loop continues, the other waits for the lock on the event loop). And what each task
would repeat, which is a fork of the scheduler, is done before (``dev.task_cost``).
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import socket
import sys
from importlib import import_module
from multiprocessing.process import BaseProcess
from threading import Thread

from airflow import settings
from airflow.__main__ import main

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
_FORK = multiprocessing.get_context("fork")


def _run() -> None:
    """Create or upgrade the database, start Airflow's processes, and print their lines until they have ended."""
    prepare_forks()
    for name in _IMPORTED_BY_COMMANDS:
        import_module(name)
    _run_airflow("db", "migrate")  # writes the configuration of a new home, too, with the secrets of all
    settings.reconfigure_orm()  # type: ignore[no-untyped-call]  # connections to SQLite must not be carried over a fork
    port_of_tasks = _free_port()
    os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"http://127.0.0.1:{port_of_tasks}/execution/"
    gc.freeze()
    # All are forked before the first thread is started.
    started = [
        _start("scheduler", "--skip-serve-logs"),
        _start("dag-processor"),
        _start("triggerer", "--skip-serve-logs"),
        _start("api-server", "--apps", "core"),
        _start("api-server", "--apps", "execution", "--port", str(port_of_tasks)),
    ]
    for process, lines in started:
        Thread(target=_print_lines, args=(process.name, lines)).start()


def _start(*command: str) -> tuple[BaseProcess, int]:
    """Start a command of Airflow; return its process, and where its lines can be read."""
    read, write = os.pipe()
    process = _FORK.Process(target=_run_command, args=(command, write), name=" ".join(command[:3]))
    process.start()
    os.close(write)
    return process, read


def _run_command(command: tuple[str, ...], output: int) -> None:
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _run_airflow(*command)


def _run_airflow(*command: str) -> None:
    sys.argv = ["airflow", *command]
    main()  # type: ignore[no-untyped-call]


def _print_lines(name: str, lines: int) -> None:
    with os.fdopen(lines, errors="replace") as read:
        for line in read:
            print(f"{name:28} | {line.rstrip()}", flush=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


if __name__ == "__main__":
    _run()
