"""Start Airflow's UI, scheduler, triggerer and DAG processor on the local AWS (`make up`)."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Sequence

from dev import services, users
from dev.local import local_aws
from dev.paths import STATE, airflow_environment, airflow_port, airflow_url, aws_environment
from dev.sample import deliver_sample
from dev.setup import set_up
from ops.airflow_api import AirflowApi

STARTING_SECONDS = 240


def main() -> None:
    """Start the services that are not running, and print their URLs."""
    names = _arguments().users
    _airflow(names)
    STATE.mkdir(parents=True, exist_ok=True)
    aws = local_aws()
    os.environ.update(aws_environment(aws.url))
    lake = set_up(local_source_root="/")
    deliver_sample(lake["SourceBucket"])
    airflow = _airflow(names)  # another command may have started it meanwhile
    passwords = {} if airflow else users.create(names)
    airflow = airflow or _start(aws.url, lake["FindingsQueueUrl"], names)
    login = f"users {', '.join(users.existing())}" if users.existing() else "no login"
    print(f"Airflow    {airflow.url}/dags/synthea_gate  ({login}; listens on 127.0.0.1 only)")
    print(f"Gate page  {airflow.url}/gate/")
    for name, password in passwords.items():
        print(f"Password   {name}  {password}")
    if users.existing():
        print(f"Passwords  {users.PASSWORDS}")
    print(f"Local AWS  {aws.url}")
    print("Trigger the DAG there (an empty form takes a sample), or: make run. Stop: make down")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.up", description=main.__doc__)
    parser.add_argument(
        "--users", type=users.names, default=[], help="users of Airflow, as ann,bob; default: no login, all are admins"
    )
    return parser.parse_args()


def _airflow(names: Sequence[str]) -> services.Service | None:
    """Return the Airflow that is running, or None when one can be started.

    :raises SystemExit: when it is not the one that is asked for, or none can be started, with what to do.
    """
    airflow = services.ready("airflow")
    if airflow and names and set(names) != set(users.existing()):
        raise SystemExit("Airflow is running with other users; stop it first: make down")
    if airflow and os.environ.get("AIRFLOW_PORT") and airflow.url != airflow_url():
        raise SystemExit(f"Airflow is running at {airflow.url}; stop it first: make down")
    if not airflow and _is_taken(airflow_port()):
        raise SystemExit(f"Port {airflow_port()} is in use; choose another one: make up AIRFLOW_PORT=8090")
    return airflow


def _start(aws_url: str, findings_queue_url: str, names: Sequence[str]) -> services.Service:
    url = airflow_url()
    print("Starting Airflow (up to a minute) ...", flush=True)
    api = AirflowApi(url, login=users.login())
    command = services.python("-m", "dev.standalone")
    return services.start(
        "airflow",
        command,
        {**airflow_environment(aws_url, findings_queue_url), **users.environment(names)},
        lambda: url if api.is_up() and api.unpause() else None,
        seconds=STARTING_SECONDS,
    )


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


if __name__ == "__main__":
    main()
