"""Where things are on this machine: the repo, and what its commands leave behind in ``.local/``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("LAKE_GATE_STATE") or REPO / ".local")
"""Everything that the commands write: databases, logs, process ids, sample deliveries. Safe to delete when down."""

AIRFLOW_HOME = STATE / "airflow"
LOGS = STATE / "logs"
SAMPLE = STATE / "deliveries" / "sample"


def airflow_environment(endpoint_url: str, findings_queue_url: str = "") -> dict[str, str]:
    """Return the environment in which Airflow runs here, on the local AWS at ``endpoint_url``.

    Nothing of it is known to the DAG or the plugins: they see the environment variables that boto3 reads anywhere.

    :param findings_queue_url: the queue that ``finding_events`` watches; empty: it runs by the clock only.
    """
    return {
        **aws_environment(endpoint_url),
        # `airflow standalone` starts its parts by the name `airflow`.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AIRFLOW_HOME": str(AIRFLOW_HOME),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{AIRFLOW_HOME}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",  # the API listens on 127.0.0.1 only
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(airflow_port()),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{airflow_port()}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        # Longer than the database makes the API server wait: who gives up and asks again finds the task started.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__LAKE_GATE__FINDINGS_QUEUE_URL": findings_queue_url,
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        # macOS: forked task processes that look up proxies crash without it; harmless elsewhere.
        "no_proxy": "*",
    }


def patient_database_url(airflow_home: Path) -> str:
    """Return where ``dag.test()`` keeps its state; on a slow disk a writer waits a minute for another one.

    Who is turned away leaves its task in a state in which nothing ever runs it again. Airflow's daemons ask again.
    """
    return f"sqlite:///{airflow_home}/airflow.db?timeout=60"


def aws_environment(endpoint_url: str) -> dict[str, str]:
    """Return the environment in which boto3 and the AWS CLI find the local AWS; the credentials mean nothing."""
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
    """Port of Airflow's UI and API on 127.0.0.1; set AIRFLOW_PORT to change it."""
    return int(os.environ.get("AIRFLOW_PORT", "8080"))
