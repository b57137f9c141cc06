"""Airflow as it runs in earnest, in processes of its own, on a local AWS of its own."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from dev import services
from dev.paths import airflow_environment
from ops.airflow_api import ENDED, AirflowApi
from tests.conftest import REPO
from tests.lake import Lake

log = logging.getLogger(__name__)
STARTING_SECONDS = 300
DEADLINE_SECONDS = 400
CONSUMER = '''
"""A consumer of silver: an airflow DAG that runs whenever a run of the feed was published, or objects withdrawn."""
from airflow.sdk import DAG, task
from lake_gate.assets import quarantine, silver

for asset in (silver("clinic"), quarantine("clinic")):
    with DAG(f"read_{asset.name}", schedule=[asset]):

        @task
        def read(triggering_asset_events=None, asset=asset):
            return [event.extra for event in triggering_asset_events[asset]]

        read()
'''


@dataclass(frozen=True)
class Stack:
    """The running stack: the lake of its AWS, and its Airflow.

    :param login: name and password of a user; None: all are admins without a login.
    """

    lake: Lake
    url: str
    folder: Path
    login: tuple[str, str] | None = None
    _apis: dict[str, AirflowApi] = field(default_factory=dict)

    def add_feed(self, name: str, *, schedule: str | None, **more: Any) -> None:
        """Add the file of a feed, which delivers into a folder of the day's date; its DAG is read, and not yet on."""
        feed = {"owner": name, "source": f"{name}/${{date}}/", "schedule": schedule, **more}
        (self.folder / "include/feeds" / f"{name}.json").write_text(json.dumps(feed))
        self._wait_for_file("synthea_gate.py", lambda: self._is_read(f"{name}_gate"), f"the DAG of {name}")

    def offer_feed_for_review(self, name: str) -> None:
        """Wait until the form of ``quarantine_review`` has a feed."""

        def is_offered() -> bool:
            details = self.api("quarantine_review").get("/dags/quarantine_review/details")
            return name in details["params"]["feed"]["schema"]["enum"]

        self._wait_for_file("quarantine_review.py", is_offered, f"{name} in the form of reviews")

    def _wait_for_file(self, file: str, is_read: Callable[[], bool], what: str) -> None:
        """Wait until Airflow has read a file of DAGs; it reads a changed one at once, others at their interval.

        The file is changed at each look: a change while it is being read is not noticed.
        """

        def look() -> bool:
            if is_read():
                return True
            (self.folder / "dags" / file).touch()
            return False

        wait_for(look, what)

    def switch_on(self, dag_id: str) -> None:
        """Let the scheduler begin runs of a DAG."""
        wait_for(self.api(dag_id).unpause, dag_id)

    def _is_read(self, dag_id: str) -> bool:
        try:
            return bool(self.api(dag_id).get(f"/dags/{dag_id}"))
        except requests.HTTPError:
            return False

    def api(self, dag_id: str) -> AirflowApi:
        """A client for a DAG, which has a token."""
        if dag_id not in self._apis:
            self._apis[dag_id] = AirflowApi(self.url, dag_id, self.login)
            wait_for(self._apis[dag_id].is_up, "Airflow to be healthy")
        return self._apis[dag_id]

    def back_fill(self, dag_id: str, first: datetime, last: datetime) -> None:
        """Begin Airflow's back-fill of these days, while the DAG is off: its scheduler writes, too, once it is on."""
        period = {"from_date": first.isoformat(), "to_date": last.isoformat()}

        def has_runs() -> bool:
            try:
                self.api(dag_id).post("/backfills", {"dag_id": dag_id, **period, "max_active_runs": 1})
            except requests.HTTPError as error:
                # Airflow keeps a back-fill before it makes its runs. If it could not make them (500, and asked again),
                # the back-fill without runs is in the way until the scheduler ends it.
                if error.response.status_code != HTTPStatus.CONFLICT:
                    raise
            return bool(self.back_filled(dag_id))

        wait_for(has_runs, f"the runs of the back-fill of {dag_id}")

    def back_filled(self, dag_id: str) -> list[dict[str, Any]]:
        """The runs of back-fills of a DAG, oldest first."""
        return [run for run in self.runs(dag_id) if run["run_type"] == "backfill"]

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The runs of a DAG, oldest first."""
        found: list[dict[str, Any]] = self.api(dag_id).get(f"/dags/{dag_id}/dagRuns?limit=200&order_by=run_after")[
            "dag_runs"
        ]
        return found

    def ended_run(self, dag_id: str, which: Callable[[dict[str, Any]], bool] = lambda run: True) -> dict[str, Any]:
        """The first run of a DAG that is over, once there is one."""
        is_over = lambda run: run["state"] in ENDED and which(run)  # noqa: E731
        return wait_for(lambda: next(filter(is_over, self.runs(dag_id)), None), f"a run of {dag_id} that is over")

    def log_unsuccessful_runs(self) -> None:
        """Log the runs that are not a success, and their errors: pytest shows them if the test failed."""
        airflow = AirflowApi(self.url, "~", self.login)
        if not airflow.is_up():
            log.warning("Airflow is not healthy")
            return
        for run in airflow.get("/dags/~/dagRuns?limit=200&state=failed&state=running&state=queued")["dag_runs"]:
            errors = list(self.api(run["dag_id"]).errors(run["dag_run_id"]))
            log.warning("%s %s: %s %s", run["dag_id"], run["dag_run_id"], run["state"], errors)

    def returned(self, run: dict[str, Any], task_id: str) -> Any:
        """What a task of a run returned."""
        path = f"/dags/{run['dag_id']}/dagRuns/{quote(run['dag_run_id'], safe='')}"
        path += f"/taskInstances/{task_id}/xcomEntries/return_value?deserialize=true"
        answer = self.api(run["dag_id"]).get(path)
        return answer["value"]

    def lineage(self, task: str) -> set[tuple[tuple[str, str], tuple[str, str]]]:
        """What OpenLineage was told that a task (``dag.task``) has read and written: pairs of (namespace, name)."""
        events = [json.loads(line) for line in (self.folder / "lineage.jsonl").read_text().splitlines()]
        return {
            ((read["namespace"], read["name"]), (written["namespace"], written["name"]))
            for event in events
            if event["eventType"] == "COMPLETE" and event["job"]["name"] == task
            for read in event["inputs"]
            for written in event["outputs"]
        }


def wait_for[Value](look: Callable[[], Value | None], what: str, seconds: float = DEADLINE_SECONDS) -> Value:
    """What ``look`` finds, looking until it finds something; an API that is too busy to answer is asked again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(requests.Timeout):
            if (found := look()) is not None and found is not False:
                return found
        time.sleep(2)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


@contextmanager
def start_airflow(
    lake: Lake, folder: Path, *, paused: bool = True, lineage: bool = False, users: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """Start Airflow with the DAGs of the repo and consumers of its assets, for no feed at first.

    :param paused: leave all DAGs off but those of feeds and the consumer of silver.
    :param lineage: let OpenLineage write its events to a file; each task forks two processes for it.
    :param users: roles by name of the users, who have it as password, too; without users, all are admins.
    """
    shutil.copytree(REPO / "dags", folder / "dags")
    (folder / "dags" / "consumer.py").write_text(CONSUMER)
    shutil.copytree(REPO / "include", folder / "include")
    (folder / "include/feeds/synthea.json").unlink()
    environment = _environment(lake, folder, paused=paused) | _with_users(folder, users or {})
    if lineage:
        transport = {"type": "file", "log_file_path": str(folder / "lineage.jsonl"), "append": True}
        environment["AIRFLOW__OPENLINEAGE__TRANSPORT"] = json.dumps(transport)
    url = environment["AIRFLOW__API__BASE_URL"]
    login = next(((name, name) for name in users or {}), None)
    api = AirflowApi(url, "read_silver_clinic", login)
    command = services.python("-m", "dev.standalone")
    try:
        services.start(
            "airflow", command, environment, lambda: url if api.is_up() and api.unpause() else None, STARTING_SECONDS
        )
        yield Stack(lake, url, folder, login)
    finally:
        if (airflow := services.running("airflow")) is not None:  # also when it has never become ready
            services.stop(airflow)


def _environment(lake: Lake, folder: Path, *, paused: bool) -> dict[str, str]:
    return {
        **airflow_environment(lake.endpoint_url, lake.outputs["FindingsQueueUrl"]),
        "AIRFLOW_HOME": str(folder / "airflow"),  # runs of another test would be in the same database
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": str(paused),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
    }


def _with_users(folder: Path, users: Mapping[str, str]) -> dict[str, str]:
    if not users:
        return {}
    passwords = folder / "passwords.json"
    passwords.write_text(json.dumps({name: name for name in users}))
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in users.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }


def answers(url: str) -> bool:
    """Whether an API server answers at this address."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{url}/api/v2/version", timeout=10).ok
    return False
