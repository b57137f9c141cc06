"""The compose stack as a separate project on free ports, beside a stack that is already up."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from dev.paths import REPO, STATE
from localaws.synthea import generate

PROJECT = "lake-gate-test"
PATIENTS = 100
SOURCE = "/opt/airflow/deliveries/sample"
"""Path of the delivery in the containers."""


class Stack:
    """The services of docker-compose.yaml, with a generated delivery."""

    def __init__(self) -> None:
        if shutil.which("docker") is None:
            sys.exit("Expected `docker` on PATH, found none. Install Docker with its compose plugin.")
        deliveries = STATE / "compose" / "deliveries"
        generate(deliveries / "sample", PATIENTS)
        airflow_port, aws_port = _free_ports(2)
        self.airflow_url = f"http://127.0.0.1:{airflow_port}"
        self.aws_url = f"http://127.0.0.1:{aws_port}"
        self._environment = {**os.environ, **_variables(airflow_port, aws_port, deliveries)}

    def up(self) -> None:
        """Build missing images, start stopped services, and wait until all are healthy."""
        self.compose("up", "--build", "--detach", "--wait")

    def down(self) -> None:
        """Remove containers and volumes."""
        self.compose("down", "--volumes", "--remove-orphans", check=False)

    def compose(self, *arguments: str, check: bool = True) -> None:
        """Call ``docker compose`` for this project."""
        command = ["docker", "compose", "--project-name", PROJECT, *arguments]
        subprocess.run(command, cwd=REPO, env=self._environment, check=check)  # noqa: S603 - our own commands


def _variables(airflow_port: int, aws_port: int, deliveries: Path) -> dict[str, str]:
    return {"AIRFLOW_PORT": str(airflow_port), "LOCAL_AWS_PORT": str(aws_port), "DELIVERIES": str(deliveries)}


def _free_ports(count: int) -> list[int]:
    """Return distinct ports without a listener."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(server.getsockname()[1]) for server in sockets]
    for server in sockets:
        server.close()
    return ports
