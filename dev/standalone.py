"""Airflow standalone for a laptop: ``python -m dev.standalone``, with the environment of ``dev.paths``.

Two things are other than in ``airflow standalone``. The servers of log files, which would listen on every address of
the machine, are not started: the API server reads those files itself here. And the API of the tasks is a process of its
own: in one, a request of the UI and one of a task wait for each other's transaction until SQLite turns one away (the
one holds the lock until the event loop goes on, the other one waits for the lock on the event loop).
"""

from __future__ import annotations

import os
import socket
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


if __name__ == "__main__":
    standalone_command.SubCommand = _SubCommand  # type: ignore[misc]
    os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"http://127.0.0.1:{PORT}/execution/"
    sys.argv = ["airflow", "standalone"]
    main()  # type: ignore[no-untyped-call]
