"""Client of Airflow's REST API: trigger a run, follow it to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
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

ENDED = frozenset({"success", "failed"})
"""States of a run that is over."""

_TIMEOUT_SECONDS = 120
"""Long enough for a busy laptop: a request that creates something must not time out and be repeated."""
_RETRY = Retry(
    5,
    connect=0,
    read=False,
    backoff_factor=0.5,
    status_forcelist=[500, 503],
    allowed_methods=["GET", "PATCH", "POST"],
    raise_on_status=False,
)
"""With SQLite, Airflow answers 500 to a transaction that conflicts with another one; a retry succeeds."""


class AirflowApi:
    """Airflow at a base URL that issues tokens by its SimpleAuthManager (loopback only).

    :param dag_id: the DAG to trigger and follow.
    :param login: name and password; None: all are admins without a login.
    """

    def __init__(self, base_url: str, dag_id: str = DAG_ID, login: tuple[str, str] | None = None) -> None:
        self._url = base_url.rstrip("/")
        self._dag = f"/dags/{dag_id}"
        self._login = login
        self._session = requests.Session()
        self._session.trust_env = False
        # Airflow closes idle connections after five seconds. A request on a connection that is closed in that moment is
        # lost, and must not be repeated without a check.
        self._session.headers["Connection"] = "close"
        self._session.mount(self._url, HTTPAdapter(max_retries=_RETRY))

    def is_up(self) -> bool:
        """Return whether the API issues a token, and scheduler, triggerer and DAG processor are healthy."""
        try:
            token = self._issue_token().json()["access_token"]
            health = self._session.get(f"{self._url}/api/v2/monitor/health", timeout=10).json()
        except (requests.RequestException, ValueError, KeyError):
            return False
        self._session.headers["Authorization"] = f"Bearer {token}"
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def _issue_token(self) -> requests.Response:
        address = f"{self._url}/auth/token"
        if self._login is None:
            return self._session.get(address, timeout=10)
        name, password = self._login
        return self._session.post(address, json={"username": name, "password": password}, timeout=10)

    def unpause(self) -> bool:
        """Unpause the DAG if it is paused; return False while the DAG processor has not read it yet."""
        dag = f"{self._url}/api/v2{self._dag}"
        response = self._session.get(dag, timeout=_TIMEOUT_SECONDS)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return False
        if self._body(response)["is_paused"]:
            self._body(self._session.patch(dag, json={"is_paused": False}, timeout=_TIMEOUT_SECONDS))
        return True

    def trigger(self, conf: dict[str, Any], note: str = "") -> str:
        """Trigger a run and return its id; a lost response does not trigger a second run.

        :param note: shown with the run in Airflow's UI.
        """
        run_id = f"manual__{datetime.now(UTC).isoformat()}"
        content = {"dag_run_id": run_id, "logical_date": None, "conf": conf, "note": note or None}
        response = self._session.post(f"{self._url}/api/v2{self._dag}/dagRuns", json=content, timeout=_TIMEOUT_SECONDS)
        if response.status_code != HTTPStatus.CONFLICT:  # exists: the request was repeated after a lost response
            self._body(response)
        return run_id

    def follow(self, run_id: str, show: Callable[[States], None], seconds: float) -> str:
        """Show the run's tasks until it ends, and return its state; ``running`` after the timeout."""
        run = f"{self._dag}/dagRuns/{quote(run_id, safe='')}"
        end = time.monotonic() + seconds
        while True:
            state = str(self.get(run)["state"])
            tasks = self.get(f"{run}/taskInstances?limit=1000&order_by=start_date")["task_instances"]
            show({(t["task_id"], t["map_index"]): t["state"] for t in tasks if t["state"]})
            if state in ENDED or time.monotonic() > end:
                return state
            time.sleep(0.5)

    def errors(self, run_id: str, most_tasks: int = 10) -> Iterator[tuple[str, str]]:
        """Yield class and text of the error of each failed task instance, of the first ones in the order of start."""
        run = f"{self._dag}/dagRuns/{quote(run_id, safe='')}/taskInstances"
        failed = self.get(f"{run}?state=failed&order_by=start_date&limit={most_tasks}")["task_instances"]
        for task in failed:
            log = f"{run}/{quote(task['task_id'], safe='')}/logs/{task['try_number']}"
            for line in self.get(f"{log}?map_index={task['map_index']}&full_content=true")["content"]:
                # A line that is not JSON is a text. The error comes first, then what has caused it.
                if isinstance(line, dict) and (detail := line.get("error_detail")):
                    yield detail[0]["exc_type"], detail[0]["exc_value"]

    def get(self, path: str) -> dict[str, Any]:
        """Return the response to a GET of a path below ``/api/v2``."""
        return self._body(self._session.get(f"{self._url}/api/v2{path}", timeout=_TIMEOUT_SECONDS))

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return the response to a POST to a path below ``/api/v2``."""
        return self._body(self._session.post(f"{self._url}/api/v2{path}", json=content, timeout=_TIMEOUT_SECONDS))

    def _body(self, response: requests.Response) -> dict[str, Any]:
        response.raise_for_status()
        body: dict[str, Any] = response.json()
        return body
