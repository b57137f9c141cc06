"""Kill containers of the compose stack during runs, and check the place of every file at the end.

Triggerer, scheduler and worker keep no state of their own: a run during which each of them is killed must succeed, with
its files in the same places as after an undisturbed run. The local AWS loses its data when it is killed: the run must
fail within minutes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import boto3
import requests

from dev.compose_stack import SOURCE, Stack
from dev.paths import aws_environment
from lake_gate.model.run import Run
from ops.airflow_api import AirflowApi

RUN_SECONDS = 1800
"""Timeout of a run with its retries."""
DOWN_SECONDS = 5

Places = dict[str, list[str]]
"""Buckets of each file."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Kill of a service as soon as a task of the run has a state."""

    service: str
    task: str
    state: str

    def __str__(self) -> str:
        return f"{self.service} killed when {self.task} was {self.state}"

    def is_due(self, states: Mapping[tuple[str, int], str]) -> bool:
        """Return whether the task, or one of its mapped instances, has the state."""
        return any(task == self.task and state == self.state for (task, _), state in states.items())


SURVIVABLE = (
    Kill("triggerer", "await_job", "deferred"),
    Kill("scheduler", "gather_evidence", "running"),
    Kill("worker", "promote", "running"),
)
FATAL = (Kill("localaws", "await_job", "deferred"),)


def check_kills(stack: Stack) -> None:
    """Run a delivery undisturbed, with survivable kills, with the local AWS killed, and undisturbed again.

    :raises SystemExit: when a run has an unexpected end.
    """
    os.environ.update(aws_environment(stack.aws_url))
    undisturbed = _run("undisturbed", stack)
    _expect("undisturbed", "success", undisturbed[0])
    _expect("triggerer, scheduler and worker killed", undisturbed, _run("survivable kills", stack, SURVIVABLE))
    _expect("local AWS killed", ("failed", {}), _run("local AWS killed", stack, FATAL))
    stack.up()  # sets up a new lake
    _expect("local AWS set up again", undisturbed, _run("undisturbed again", stack))


def _run(name: str, stack: Stack, kills: Sequence[Kill] = ()) -> tuple[str, Places]:
    """Run the delivery, kill services during the run, and return the run's state and the places of its files."""
    api = AirflowApi(stack.airflow_url)
    if not (api.is_up() and api.unpause()):
        sys.exit(f"Expected a healthy Airflow at {stack.airflow_url}, found none.")
    began = time.monotonic()
    killer = Killer(stack, kills)
    run_id = api.trigger({"source": SOURCE})
    state = api.follow(run_id, killer, RUN_SECONDS)
    print(f"chaos: {name}: {state} after {time.monotonic() - began:.0f} s", flush=True)
    if killer.pending:
        sys.exit(f"Expected all kills to happen, but {killer.pending[0].task} was never {killer.pending[0].state}.")
    return state, _places(Run("synthea", run_id).prefix)


class Killer:
    """Kills the services that are due, when called with the states of a run's tasks.

    Macie's job is held until the first kill.

    :param kills: each is executed once; ``pending`` are those that were not executed yet.
    """

    def __init__(self, stack: Stack, kills: Sequence[Kill]) -> None:
        self._stack = stack
        self.pending = list(kills)
        self._hold_jobs(bool(kills))

    def __call__(self, states: Mapping[tuple[str, int], str]) -> None:
        for kill in [kill for kill in self.pending if kill.is_due(states)]:
            self.pending.remove(kill)
            print(f"chaos: {kill}", flush=True)
            self._stack.compose("kill", "--signal", "SIGKILL", kill.service)
            if kill.service != "localaws":
                self._hold_jobs(False)
            time.sleep(DOWN_SECONDS)
            # The engine may count the kill as a manual stop; then the restart policy does not start the container.
            self._stack.compose("start", kill.service)

    def _hold_jobs(self, held: bool) -> None:
        dials = f"{self._stack.aws_url}/localaws/macie2/dials"
        requests.put(dials, json={"job_held": held}, timeout=30).raise_for_status()


def _places(prefix: str) -> Places:
    """Return the places of the run's files from S3, independent of the run record."""
    s3 = boto3.client("s3")
    places: Places = {}
    for bucket in sorted(listed["Name"] for listed in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                places.setdefault(found["Key"].removeprefix(prefix), []).append(bucket)
    return places


def _expect(run: str, expected: object, found: object) -> None:
    if expected != found:
        sys.exit(f"{run}: expected {expected}, found {found}")
