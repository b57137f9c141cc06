"""The commands of the README, as a user runs them: their own processes, real Airflow daemons, exit codes."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psutil
import pytest
import requests

from ops.airflow_api import DAG_ID, AirflowApi, States
from tests.conftest import REPO

pytestmark = pytest.mark.slow

PATIENT = "76982e06-f8b8-4509-9ca3-65a99c8650fe"


class Commands:
    """`python -m dev.…` with a state folder and a port of its own; a stack that is up beside it is left alone."""

    def __init__(self, state: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "AIRFLOW"))}
        self.state = state
        self._environment = {**kept, "LAKE_GATE_STATE": str(state), "AIRFLOW_PORT": str(port)}

    def service(self, name: str) -> dict[str, Any]:
        """What these commands wrote down of a service that they have started."""
        service: dict[str, Any] = json.loads((self.state / f"{name}.json").read_text())
        return service

    def __call__(self, module: str, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", f"dev.{module}", *arguments],
            cwd=REPO,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    commands = Commands(tmp_path / "state")
    yield commands
    commands("down")


@pytest.fixture(scope="module")
def commands_of_one_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Commands that leave the local AWS running, and Airflow's database, for those of the next test."""
    commands = Commands(tmp_path_factory.mktemp("state"))
    yield commands
    commands("down")


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "high.csv").write_text("SSN\n219-09-9999\n")
    (folder / "medium.csv").write_text(f"PATIENT\n{PATIENT}\n")
    (folder / "notes.pdf").write_text("%PDF")
    return folder


def listening() -> set[tuple[str, int]]:
    """Addresses and ports at which something on this machine listens.

    All of it, since Linux hides from everybody but root what processes hold open that Airflow protects.
    """
    return {one.laddr for one in psutil.net_connections("inet") if one.status == psutil.CONN_LISTEN}


def decisions_in(output: str) -> dict[str, str]:
    """What the table at the end says of each file."""
    return dict(re.findall(r"^ *([a-z]+\.\w+) .*?\b(promote|quarantine|hold)\b", output, re.MULTILINE))


EXPECTED = {"high.csv": "quarantine", "medium.csv": "promote", "notes.pdf": "hold"}


def run_behind_one_that_waits(commands: Commands, api: AirflowApi, delivery: Path) -> tuple[int, str]:
    """Run a delivery while the job of another run is paused; return exit code and output.

    The task of that other run is deferred: the records of task and pool say that nothing is held.
    """
    assert api.is_up()
    turn = partial(requests.put, f"{commands.service('local-aws')['url']}/localaws/macie2/dials", timeout=10)
    turn(json={"job_held": True, "job_status": {"*": "PAUSED"}}).raise_for_status()
    run_id = api.trigger({"source": str(delivery)})
    seen: list[dict[str, Any]] = []
    behind: list[Future[tuple[int, str]]] = []

    def resume_when_the_other_is_queued(states: States) -> None:
        if states.get(("await_job", -1)) != "deferred" or seen:
            return
        if not behind:
            behind.append(pool.submit(commands, "run", "--source", str(delivery)))
        elif api.get(f"/dags/{DAG_ID}/dagRuns?state=queued")["dag_runs"]:
            seen.append(api.get("/pools/default_pool"))
            turn(json={"job_held": False, "job_status": {}}).raise_for_status()

    with ThreadPoolExecutor() as pool:
        assert api.follow(run_id, resume_when_the_other_is_queued, seconds=300) == "success"
        code, output = behind[0].result()
    assert f"Waiting for {run_id} to end" in output
    assert (seen[0]["deferred_slots"], seen[0]["running_slots"], seen[0]["queued_slots"]) == (1, 0, 0)
    # Its number of tries says nothing: Airflow retries a task that goes on before the scheduler has read the end of
    # its process, for which it then takes the continued task to be killed (`process_executor_events` of Airflow 3.2).
    waited = api.get(f"/dags/{DAG_ID}/dagRuns/{quote(run_id, safe='')}/taskInstances/await_job")
    assert waited["state"] == "success"
    return code, output


def test_run_prints_what_happened_to_every_file_and_no_value(commands_of_one_state: Commands, delivery: Path) -> None:
    code, output = commands_of_one_state("run", "--source", str(delivery))
    assert (code, decisions_in(output)) == (0, EXPECTED), output
    assert re.search(r"land\s+done\s+3 files", output)
    assert "219-09-9999" not in output
    assert PATIENT not in output


def test_run_exits_with_1_and_says_why_when_the_source_is_not_there(
    commands_of_one_state: Commands, tmp_path: Path
) -> None:
    code, output = commands_of_one_state("run", "--source", str(tmp_path / "nothing"))
    assert code == 1
    assert "land                 FAILED" in output
    assert "was refused, nothing was landed: no such file or folder." in output
    assert "wrote no record" in output


def test_dry_run_says_so_and_the_printed_command_lists_the_files(
    commands_of_one_state: Commands, delivery: Path
) -> None:
    code, output = commands_of_one_state("run", "--source", str(delivery), "--dry-run")
    assert code == 0, output
    assert "Dry run, nothing was moved" in output
    command = re.search(r"^Inspect +(.+)$", output, re.MULTILINE)
    assert command
    environment = {"PATH": os.environ["PATH"], "HOME": str(delivery)}
    listed = subprocess.run(
        command[1], shell=True, cwd=REPO, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert "/high.csv" in listed.stdout


def test_run_goes_through_the_airflow_that_is_up_and_down_stops_everything(commands: Commands, delivery: Path) -> None:
    """Real scheduler, triggerer, DAG processor and API server: tasks in processes of their own, real deferral."""
    before = listening()
    code, output = commands("up")
    assert code == 0, output
    opened = listening() - before
    url = re.search(r"http://127\.0\.0\.1:(\d+)/dags/synthea_gate", output)
    assert url
    served = {urlsplit(commands.service(name)["url"]).port for name in ("airflow", "local-aws")}
    assert served <= {port for _, port in opened}
    assert {address for address, _ in opened} == {"127.0.0.1"}
    rebound = requests.get(f"http://127.0.0.1:{url[1]}/auth/token", headers={"Host": "rebound.example"}, timeout=60)
    assert rebound.status_code == 400
    code, output = run_behind_one_that_waits(commands, AirflowApi(f"http://127.0.0.1:{url[1]}"), delivery)
    assert (code, decisions_in(output)) == (0, EXPECTED), output
    assert f"Airflow    http://127.0.0.1:{url[1]}" in output
    assert re.search(r"await_evidence\s+waiting", output), "no deferral was seen"
    code, output = commands("down")
    *stopped, _, advice = output.splitlines()
    assert (code, stopped) == (0, ["Stopped airflow", "Stopped local-aws"])
    assert f"rm -r {commands.state}" in advice
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url[1]))) != 0


def test_users_log_in_and_a_run_that_fails_says_why(commands: Commands, tmp_path: Path) -> None:
    code, output = commands("up", "--users", "ann,bob")
    assert code == 0, output
    shown = dict(re.findall(r"^Password +(\w+) +(\S+)$", output, re.MULTILINE))
    url = commands.service("airflow")["url"]
    assert requests.get(f"{url}/auth/token", timeout=60).status_code == 403
    for name in ("ann", "bob"):
        body = {"username": name, "password": shown[name]}
        assert requests.post(f"{url}/auth/token", json=body, timeout=60).status_code == 201
        wrong = {**body, "password": f"{shown[name]}x"}
        assert requests.post(f"{url}/auth/token", json=wrong, timeout=60).status_code == 401
    code, output = commands("up", "--users", "ann,eve")
    assert (code, output) == (1, "Airflow is running with other users; stop it first: make down\n")
    missing = tmp_path / "nothing"
    code, output = commands("run", "--source", str(missing))
    assert code == 1
    assert f"  The delivery at {missing} was refused, nothing was landed: no such file or folder.\n" in output
    check_that_no_half_of_an_airflow_stays(commands)


def check_that_no_half_of_an_airflow_stays(commands: Commands) -> None:
    """When one of its processes is killed, all end, also those of the executor, and the log says which it was."""
    leader = psutil.Process(commands.service("airflow")["pid"])
    group = [leader, *leader.children(recursive=True)]
    scheduler = next(process for process in leader.children() if len(process.children()) > 1)
    scheduler.kill()
    _, alive = psutil.wait_procs(group, timeout=60)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    assert (
        "airflow scheduler --skip-serve-logs ended with exit code -9"
        in (commands.state / "logs/airflow.log").read_text()
    )
