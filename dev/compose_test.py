"""Takes the compose stack from nothing through one run and down again (`make compose-test`).

It is a project of its own, on free ports and with a delivery of its own: a stack that is up beside it is left alone.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dev.paths import REPO, STATE
from dev.services import python
from localaws.synthea import generate

PROJECT = "lake-gate-test"
PATIENTS = 100
MOUNTED_AT = "/opt/airflow/deliveries"
"""Where docker-compose.yaml mounts the deliveries."""


def main() -> None:
    """Build the stack, start it, take one delivery through the gate by the REST API, and remove everything again."""
    if shutil.which("docker") is None:
        sys.exit("Expected `docker` on PATH, found none. Install Docker with its compose plugin.")
    deliveries = STATE / "compose" / "deliveries"
    generate(deliveries / "sample", PATIENTS)
    airflow_port, aws_port = _free_ports(2)
    compose = partial(_compose, _environment(airflow_port, aws_port, deliveries))
    try:
        _timed("up", lambda: compose("up", "--build", "--detach", "--wait"))
        _timed("run", lambda: _run_delivery(airflow_port, aws_port))
    except subprocess.CalledProcessError as error:
        compose("logs", "--tail", "40", check=False)
        sys.exit(f"Expected exit code 0, found {error.returncode} from: {' '.join(error.cmd)}")
    finally:
        _timed("down", lambda: compose("down", "--volumes", "--remove-orphans", check=False))


def _environment(airflow_port: int, aws_port: int, deliveries: Path) -> dict[str, str]:
    """Return the variables of docker-compose.yaml for this stack."""
    ports = {"AIRFLOW_PORT": str(airflow_port), "LOCAL_AWS_PORT": str(aws_port)}
    return {**os.environ, **ports, "DELIVERIES": str(deliveries)}


def _compose(environment: dict[str, str], *arguments: str, check: bool = True) -> None:
    command = ["docker", "compose", "--project-name", PROJECT, *arguments]
    subprocess.run(command, cwd=REPO, env=environment, check=check)  # noqa: S603 - our own commands


def _run_delivery(airflow_port: int, aws_port: int) -> None:
    """Run the delivery in the Airflow of the stack; its table is printed, and a failed run raises."""
    source = f"{MOUNTED_AT}/sample"
    command = python("-m", "dev.run", "--airflow", f"http://127.0.0.1:{airflow_port}", "--source", source)
    environment = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws_port}"}
    subprocess.run(command, cwd=REPO, env=environment, check=True)  # noqa: S603 - our own commands


def _free_ports(count: int) -> list[int]:
    """Return different ports that nothing listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _timed(name: str, do: Callable[[], None]) -> None:
    began = time.monotonic()
    try:
        do()
    finally:
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
