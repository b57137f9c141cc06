"""Takes the compose stack from nothing through one run and down again (`make compose-test`).

`make compose-test CHAOS=1` kills its containers besides, one after another, while runs go on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable

from dev.compose_chaos import kill_one_after_another
from dev.compose_stack import SOURCE, Stack
from dev.paths import REPO
from dev.services import python


def main() -> None:
    """Build the stack, start it, take one delivery through the gate by the REST API, and remove everything again."""
    parser = argparse.ArgumentParser(prog="python -m dev.compose_test", description=main.__doc__)
    parser.add_argument("--chaos", action="store_true", help="kill its containers while runs go on (20 minutes)")
    arguments = parser.parse_args()
    stack = Stack()
    try:
        _timed("up", stack.up)
        _timed("run", lambda: _run_delivery(stack))
        if arguments.chaos:
            _timed("chaos", lambda: kill_one_after_another(stack))
    except subprocess.CalledProcessError as error:
        stack.compose("logs", "--tail", "40", check=False)
        sys.exit(f"Expected exit code 0, found {error.returncode} from: {' '.join(error.cmd)}")
    finally:
        _timed("down", stack.down)


def _run_delivery(stack: Stack) -> None:
    """Run the delivery in the Airflow of the stack; its table is printed, and a failed run raises."""
    command = python("-m", "dev.run", "--airflow", stack.airflow_url, "--source", SOURCE)
    environment = {**os.environ, "AWS_ENDPOINT_URL": stack.aws_url}
    subprocess.run(command, cwd=REPO, env=environment, check=True)  # noqa: S603 - our own commands


def _timed(name: str, do: Callable[[], None]) -> None:
    began = time.monotonic()
    try:
        do()
    finally:
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
