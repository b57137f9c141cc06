"""Start Airflow's UI, scheduler, triggerer and DAG processor on the local AWS (`make up`)."""

from __future__ import annotations

import os
import socket

from dev import services
from dev.local import local_aws
from dev.paths import STATE, airflow_environment, airflow_port, aws_environment
from dev.sample import deliver_sample
from dev.setup import set_up
from ops.airflow_api import AirflowApi

STARTING_SECONDS = 240


def main() -> None:
    """Start the services that are not running, and print their URLs."""
    STATE.mkdir(parents=True, exist_ok=True)
    aws = local_aws()
    os.environ.update(aws_environment(aws.url))
    lake = set_up(local_source_root="/")
    deliver_sample(lake["SourceBucket"])
    airflow = services.running("airflow") or _start(aws.url, lake["FindingsQueueUrl"])
    print(f"Airflow    {airflow.url}/dags/synthea_gate  (no login; listens on 127.0.0.1 only)")
    print(f"Local AWS  {aws.url}")
    print("Trigger the DAG there (an empty form takes a sample), or: make run. Stop: make down")


def _start(aws_url: str, findings_queue_url: str) -> services.Service:
    url = f"http://127.0.0.1:{airflow_port()}"
    if _is_taken(airflow_port()):
        raise SystemExit(f"Port {airflow_port()} is in use; choose another one: make up AIRFLOW_PORT=8090")
    print("Starting Airflow (about a minute) ...", flush=True)
    api = AirflowApi(url)
    command = services.python("-m", "dev.standalone")
    return services.start(
        "airflow",
        command,
        airflow_environment(aws_url, findings_queue_url),
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
