"""A small client of Airflow's REST API: start a run, follow it to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

DAG_ID = "synthea_gate"
States = dict[tuple[str, int], str]
"""State of each task instance by task id and map index."""

_TIMEOUT_SECONDS = 120
"""On a busy laptop an answer may take a while; a request that makes something must not be given up and made again."""
_AGAIN = Retry(
    5,
    connect=0,
    read=False,
    backoff_factor=0.5,
    status_forcelist=[500, 503],
    allowed_methods=["GET", "PATCH", "POST"],
    raise_on_status=False,
)
"""SQLite turns a transaction away when another one wrote first, and Airflow answers 500; asked again, it goes well."""


class AirflowApi:
    """Airflow at a base url that gives tokens to anybody (SimpleAuthManager with all admins, loopback only).

    :param dag_id: the DAG whose runs are started and followed.
    """

    def __init__(self, base_url: str, dag_id: str = DAG_ID) -> None:
        self._url = base_url.rstrip("/")
        self._dag = f"/dags/{dag_id}"
        self._session = requests.Session()
        self._session.trust_env = False
        # A connection that is kept through the pauses between two tries may be one that Airflow gives up in that moment
        # (after five seconds): what is sent then is lost, and must not be sent again unasked.
        self._session.headers["Connection"] = "close"
        self._session.mount(self._url, HTTPAdapter(max_retries=_AGAIN))

    def is_up(self) -> bool:
        """Whether the API answers and gives a token; scheduler, triggerer and DAG processor must be healthy too."""
        try:
            token = self._session.get(f"{self._url}/auth/token", timeout=10).json()["access_token"]
            health = self._session.get(f"{self._url}/api/v2/monitor/health", timeout=10).json()
        except (requests.RequestException, ValueError, KeyError):
            return False
        self._session.headers["Authorization"] = f"Bearer {token}"
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def unpause(self) -> bool:
        """Switch the DAG on if somebody has paused it; False while the DAG processor has not read it yet."""
        dag = f"{self._url}/api/v2{self._dag}"
        answer = self._session.get(dag, timeout=_TIMEOUT_SECONDS)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        if self._body(answer)["is_paused"]:
            self._body(self._session.patch(dag, json={"is_paused": False}, timeout=_TIMEOUT_SECONDS))
        return True

    def trigger(self, conf: dict[str, Any]) -> str:
        """Start a run and return its id; an answer that was lost does not start a second one."""
        run_id = f"manual__{datetime.now(UTC).isoformat()}"
        content = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        answer = self._session.post(f"{self._url}/api/v2{self._dag}/dagRuns", json=content, timeout=_TIMEOUT_SECONDS)
        if answer.status_code != HTTPStatus.CONFLICT:  # it is there: asked again after a lost answer
            self._body(answer)
        return run_id

    def follow(self, run_id: str, show: Callable[[States], None], seconds: float) -> str:
        """Show the run's tasks until it ends, and return its state; ``running`` when the time is over before."""
        run = f"{self._dag}/dagRuns/{quote(run_id, safe='')}"
        end = time.monotonic() + seconds
        while True:
            state = str(self.get(run)["state"])
            tasks = self.get(f"{run}/taskInstances?limit=1000&order_by=start_date")["task_instances"]
            show({(t["task_id"], t["map_index"]): t["state"] for t in tasks if t["state"]})
            if state in {"success", "failed"} or time.monotonic() > end:
                return state
            time.sleep(0.5)

    def get(self, path: str) -> dict[str, Any]:
        """Return what the API answers to a path below ``/api/v2``."""
        return self._body(self._session.get(f"{self._url}/api/v2{path}", timeout=_TIMEOUT_SECONDS))

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return what the API answers to what is sent to a path below ``/api/v2``."""
        return self._body(self._session.post(f"{self._url}/api/v2{path}", json=content, timeout=_TIMEOUT_SECONDS))

    def _body(self, answer: requests.Response) -> dict[str, Any]:
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body
