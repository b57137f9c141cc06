"""Start the compose stack, run one delivery, and remove the stack (`make compose-test`).

`make compose-test CHAOS=1` also kills its containers during runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable

from dev.compose_chaos import check_kills
from dev.compose_stack import SOURCE, Stack
from dev.paths import REPO
from dev.services import python


def main() -> None:
    """Build and start the stack, run one delivery through its REST API, and remove the stack."""
    parser = argparse.ArgumentParser(prog="python -m dev.compose_test", description=main.__doc__)
    parser.add_argument("--chaos", action="store_true", help="also kill containers during runs (20 minutes)")
    arguments = parser.parse_args()
    stack = Stack()
    try:
        _timed("up", stack.up)
        _timed("run", lambda: _run_delivery(stack))
        if arguments.chaos:
            _timed("chaos", lambda: check_kills(stack))
    except subprocess.CalledProcessError as error:
        stack.compose("logs", "--tail", "40", check=False)
        sys.exit(f"Expected exit code 0, found {error.returncode} from: {' '.join(error.cmd)}")
    finally:
        _timed("down", stack.down)


def _run_delivery(stack: Stack) -> None:
    """Run the delivery in the Airflow of the stack and print its table; a failed run raises."""
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
