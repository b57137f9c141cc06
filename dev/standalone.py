"""Airflow standalone for a laptop: ``python -m dev.standalone``, with the environment of ``dev.paths``.

Three differences to ``airflow standalone``: The servers of log files, which would listen on every address of the
machine, are not started, because the API server reads those files itself. The API of the tasks is a separate process:
in a shared one, a request of the UI and one of a task can wait for each other until SQLite times out (one holds the
lock until the event loop continues, the other waits for the lock on the event loop). And the scheduler, of which each
task is a fork, does once what each of them would repeat (``dev.task_cost``).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

from airflow.__main__ import main
from airflow.cli.commands import standalone_command

SERVES_LOGS = {"scheduler", "triggerer"}

with socket.create_server(("127.0.0.1", 0)) as free:
    PORT = str(free.getsockname()[1])


class _SubCommand(standalone_command.SubCommand):
    def __init__(self, parent: Any, name: str, command: list[str], env: dict[str, str]) -> None:
        if name in SERVES_LOGS:
            command = [*command, "--skip-serve-logs"]
        if name == "api-server":
            command, of_tasks = [*command, "--apps", "core"], [*command, "--apps", "execution"]
            parent.subcommands["tasks-api"] = _SubCommand(parent, "tasks-api", [*of_tasks, "--port", PORT], env)
        super().__init__(parent, name, command, env)

    def run(self) -> None:
        """Start the process, the scheduler by this module, and pass its lines on."""
        airflow = [sys.executable, "-m", "dev.standalone"] if self.name == "scheduler" else ["airflow"]
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            [*airflow, *self.command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.env
        )
        for line in self.process.stdout or ():
            self.parent.output_queue.append((self.name, line))


def _run_standalone() -> None:
    standalone_command.SubCommand = _SubCommand  # type: ignore[misc]
    os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"http://127.0.0.1:{PORT}/execution/"
    sys.argv = ["airflow", "standalone"]
    main()  # type: ignore[no-untyped-call]


def _run_scheduler(command: list[str]) -> None:
    from dev.task_cost import prepare_forks  # not in the other process, which has no tasks

    prepare_forks()
    sys.argv = ["airflow", *command]
    main()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    if command := sys.argv[1:]:
        _run_scheduler(command)
    else:
        _run_standalone()
