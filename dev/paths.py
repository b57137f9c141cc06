"""Paths on this machine: the repo, and ``.local/``, to which its commands write."""

from __future__ import annotations

import os
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("LAKE_GATE_STATE") or REPO / ".local")
"""Folder of databases, logs, process ids and sample deliveries. Safe to delete after `make down`."""

AIRFLOW_HOME = STATE / "airflow"
LOGS = STATE / "logs"
SAMPLE = STATE / "deliveries" / "sample"


def airflow_environment(endpoint_url: str, findings_queue_url: str = "") -> dict[str, str]:
    """Return the environment variables of Airflow on the local AWS at ``endpoint_url``.

    DAGs and plugins do not read them; boto3 does, as on any machine.

    :param findings_queue_url: the queue that ``finding_events`` watches; empty: the DAG runs on its schedule only.
    """
    return {
        **aws_environment(endpoint_url),
        "AIRFLOW_HOME": str(AIRFLOW_HOME),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{AIRFLOW_HOME}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",  # the API listens on 127.0.0.1 only
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(airflow_port()),
        "AIRFLOW__API__BASE_URL": airflow_url(),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        # Longer than the API server waits for the database: a repeated request would find the task already started.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__LAKE_GATE__FINDINGS_QUEUE_URL": findings_queue_url,
        # A supervisor may notice so late that its task has ended. If a deferral is over by then, Airflow takes the task
        # for a lost one, which costs a try.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        # macOS: forked task processes that look up proxies crash without it; harmless elsewhere.
        "no_proxy": "*",
    }


def database_url_with_timeout(airflow_home: Path) -> str:
    """Return the URL of the database of ``dag.test()``, whose writers wait up to a minute for each other.

    A writer that times out leaves its task in a state in which it is never run again; Airflow's daemons retry.
    """
    return f"sqlite:///{airflow_home}/airflow.db?timeout=60"


def aws_environment(endpoint_url: str) -> dict[str, str]:
    """Return the environment variables of boto3 and the AWS CLI for the local AWS, which accepts any credentials."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def airflow_port() -> int:
    """Return the port of Airflow's UI and API on 127.0.0.1; set AIRFLOW_PORT to change it."""
    return int(os.environ.get("AIRFLOW_PORT") or "8080")


def airflow_url() -> str:
    """Return the URL of Airflow's UI and API."""
    return f"http://127.0.0.1:{airflow_port()}"
