"""Airflow standalone for a laptop: ``python -m dev.standalone``, with the environment of ``dev.paths``.

Two differences to ``airflow standalone``: The servers of log files, which would listen on every address of the machine,
are not started, because the API server reads those files itself. And the API of the tasks is a separate process: in a
shared one, a request of the UI and one of a task can wait for each other until SQLite times out (one holds the lock
until the event loop continues, the other waits for the lock on the event loop).
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
