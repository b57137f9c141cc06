"""Airflow standalone, without the servers of its log files: they would listen on every address of the machine.

Its API server reads those files itself here. ``python -m dev.standalone``, with the environment of ``dev.paths``.
"""

from __future__ import annotations

import sys
from typing import Any

from airflow.__main__ import main
from airflow.cli.commands import standalone_command

SERVES_LOGS = {"scheduler", "triggerer"}


class _SubCommand(standalone_command.SubCommand):
    def __init__(self, parent: Any, name: str, command: list[str], env: dict[str, str]) -> None:
        super().__init__(parent, name, [*command, "--skip-serve-logs"] if name in SERVES_LOGS else command, env)


if __name__ == "__main__":
    standalone_command.SubCommand = _SubCommand  # type: ignore[misc]
    sys.argv = ["airflow", "standalone"]
    main()  # type: ignore[no-untyped-call]
