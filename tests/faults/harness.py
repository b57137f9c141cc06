"""All that a scenario needs: a local AWS, the proxy before it, and the process that runs Airflow on it."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import boto3
import requests

from dev.paths import database_url_with_timeout
from dev.setup import set_up
from tests.faults.proxy import Armed, Proxy

REPO = Path(__file__).resolve().parent.parent.parent
LEG_SECONDS = 90
"""Within them every leg of a run has to end, whatever happens to one call: nothing waits for ever."""

READ_TIMEOUT_SECONDS = 2
CONNECTION = {
    "conn_type": "aws",
    "extra": {
        "config_kwargs": {
            "retries": {"mode": "standard", "total_max_attempts": 2},
            "read_timeout": READ_TIMEOUT_SECONDS,
        }
    },
}
DIALS = {"findings_lag_seconds": 0, "job_held": True}
"""Jobs are RUNNING until a run waits for one: every run takes the way through the triggerer."""
NAMED = "named"
WORLDS: dict[str, dict[str, Any]] = {
    NAMED: {},
    "results": {"results_unversioned": [""]},
    "findings": {"findings_unversioned": [""]},
    "both": {"results_unversioned": [""], "findings_unversioned": [""]},
}
"""Dials of a Macie that names the version of an object, or not: in results, in findings, in both."""

AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@dataclass(frozen=True)
class Leg:
    """One process's part of a run.

    :param killed: the process was killed; nothing is known of the run then.
    :param tasks: state and number of tries of every task instance.
    :param errors: task, name and text of the exception of every try that failed.
    """

    killed: bool = False
    state: str = "running"
    tasks: dict[str, tuple[str, int]] = field(default_factory=dict)
    errors: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def last_error(self) -> str:
        """Task and name of the exception that came last."""
        return " ".join(self.errors[-1][:2]) if self.errors else "no error of a task"

    def advises(self, advice: str) -> bool:
        """Say whether the text of the last exception gives this advice."""
        return bool(self.errors) and advice in self.errors[-1][2]


class HangsError(Exception):
    """A leg of a run did not end."""


class Harness:
    """Proxy and Airflow on a local AWS, for any number of scenarios one after the other.

    :param endpoint_url: of the local AWS, which each scenario finds empty.
    :param feed: what is different in the file of the feed.
    :ivar lake: outputs of the lake's stack, anew for each scenario.
    """

    lake: dict[str, str]

    def __init__(self, endpoint_url: str, **feed: str) -> None:
        self.endpoint_url = endpoint_url
        self._feed = feed
        self._stack = ExitStack()
        self._runs = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lake-gate-faults-")))
            self.proxy = stack.enter_context(Proxy(self.endpoint_url))
            self.proxy.on_task = self._release_job
            self._session = boto3.Session("testing", "testing", region_name="us-east-1")
            include = _changed_include(self.folder / "include", self._feed)
            self._airflow = stack.enter_context(_Airflow(self.folder / "airflow", self.proxy.endpoint_url, include))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def airflow_home(self) -> Path:
        return self.folder / "airflow"

    def client(self, service: str) -> Any:
        """Return a client of the local AWS itself, past the proxy."""
        return self._session.client(cast(Any, service), endpoint_url=self.endpoint_url)

    def empty_lake(self) -> None:
        """Make the lake anew, with nothing in it."""
        requests.post(f"{self.endpoint_url}/moto-api/reset", timeout=30).raise_for_status()
        self.turn(**DIALS)
        # boto3's default session is set up from the environment: the one place where dev.setup looks
        before = {name: os.environ.get(name) for name in (*AWS, "AWS_ENDPOINT_URL")}
        os.environ.update({**AWS, "AWS_ENDPOINT_URL": self.endpoint_url})
        boto3.DEFAULT_SESSION = None
        try:
            self.lake = set_up(local_source_root="/")
        finally:
            boto3.DEFAULT_SESSION = None
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        self.client("ssm").put_parameter(Name="/lake_gate/evidence_settle_seconds", Value="0", Overwrite=True)

    def turn(self, **dials: Any) -> None:
        """Turn the dials of the local Macie."""
        requests.put(f"{self.endpoint_url}/localaws/macie2/dials", json=dials, timeout=30).raise_for_status()

    def _release_job(self, task: str) -> None:
        if task == "await_job/trigger":
            self.turn(job_held=False)

    def begin(self, *armed: Armed, world: str = NAMED) -> None:
        """Begin a scenario: an empty lake, and this harm.

        :param world: one of :data:`WORLDS`.
        """
        self.empty_lake()
        self.turn(**WORLDS[world])
        self.proxy.begin(*armed)

    def next_run_id(self) -> str:
        """Return a run id that was not used before, with characters as in Airflow's own."""
        self._runs += 1
        return f"manual__{self._runs:05}T02:00:00+00:00"

    def start(self, run_id: str, conf: dict[str, Any], log: Path) -> Leg:
        """Start a run, and run it until it ends or is killed."""
        return self._airflow.leg("start", run_id, log, conf=conf)

    def go_on(self, run_id: str, log: Path) -> Leg:
        """Go on with a run whose process was killed."""
        return self._airflow.leg("go_on", run_id, log)

    def clear(self, run_id: str, task_ids: list[str] | None, log: Path) -> Leg:
        """Clear tasks (None: all that failed) of a run and go on with it."""
        return self._airflow.leg("clear", run_id, log, task_ids=task_ids)


def _changed_include(folder: Path, feed: dict[str, str]) -> Path:
    """Copy the files of ``include/``, with another file of the feed."""
    shutil.copytree(REPO / "include", folder)
    path = folder / "feeds" / "synthea.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **feed}))
    return folder


class _Airflow:
    """The process that forks; see :mod:`tests.faults.forks`."""

    def __init__(self, home: Path, endpoint_url: str, include: Path) -> None:
        home.mkdir(parents=True)
        self._home = home
        self._unread = b""
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "AIRFLOW"))},
            **AWS,
            "AWS_ENDPOINT_URL": endpoint_url,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url_with_timeout(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(CONNECTION),
            "PYTHONPATH": f"{REPO / 'plugins'}{os.pathsep}{REPO}",
            "LAKE_GATE_STATE": str(home / "state"),
            "LAKE_GATE_INCLUDE": str(include),
        }

    def __enter__(self) -> Self:
        self._answers, theirs = os.pipe()
        with (self._home / "forks.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.forks", str(theirs)],
                cwd=REPO,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[theirs],
            )
        os.close(theirs)
        try:
            self._read(180)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        os.close(self._answers)

    def leg(self, leg: str, run_id: str, log: Path, **arguments: Any) -> Leg:
        result = self._home / "result.json"
        result.unlink(missing_ok=True)
        order = {"leg": leg, "run_id": run_id, "arguments": arguments, "log": str(log), "result": str(result)}
        stdin: IO[bytes] | None = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps(order).encode() + b"\n")
        stdin.flush()
        pid = self._read(30)["pid"]
        try:
            status = self._read(LEG_SECONDS)["status"]
        except HangsError:
            os.kill(pid, signal.SIGKILL)
            self._read(30)
            raise
        if status == -signal.SIGKILL:
            return Leg(killed=True)
        if status != 0:
            raise AssertionError(f"the runner itself failed, see {log}:\n{log.read_text(errors='replace')[-3000:]}")
        told = json.loads(result.read_text())
        return Leg(
            state=told["state"],
            tasks={task: (state, tries) for task, (state, tries) in told["tasks"].items()},
            errors=[(task, name, text) for task, name, text in told["errors"]],
        )

    def _read(self, seconds: float) -> dict[str, Any]:
        """Read the next answer, which is one line."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._answers], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise HangsError(f"no answer within {seconds} s")
            read = os.read(self._answers, 4096)
            if not read:
                text = (self._home / "forks.log").read_text(errors="replace")
                raise AssertionError(f"the process that runs Airflow has ended:\n{text[-3000:]}")
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer
