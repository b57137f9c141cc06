"""Kills containers of the compose stack while runs go on, and looks where every file is in the end.

Triggerer, scheduler and worker hold nothing that is not kept elsewhere: a run during which each of them is killed must
end in success, its files in the very places in which an undisturbed run leaves them. The local AWS loses all that it
holds, as no AWS does: the run must fail, within minutes.
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
"""A run with its retries; who waits longer waits for ever."""
DOWN_SECONDS = 5

Places = dict[str, list[str]]
"""File → the buckets in which it is."""


@dataclass(frozen=True, slots=True)
class Blow:
    """What is killed, and when: as soon as a task of the run is in that state."""

    service: str
    task: str
    state: str

    def __str__(self) -> str:
        return f"{self.service} killed when {self.task} was {self.state}"

    def is_due(self, states: Mapping[tuple[str, int], str]) -> bool:
        """Whether a task, or one of its mapped instances, is in that state."""
        return any(task == self.task and state == self.state for (task, _), state in states.items())


HARMLESS = (
    Blow("triggerer", "await_job", "deferred"),
    Blow("scheduler", "gather_evidence", "running"),
    Blow("worker", "promote", "running"),
)
FATAL = (Blow("localaws", "await_job", "deferred"),)


def kill_one_after_another(stack: Stack) -> None:
    """Take a delivery through the gate undisturbed, under harmless blows, and without an AWS; then once more.

    :raises SystemExit: when a run ends otherwise than it must.
    """
    os.environ.update(aws_environment(stack.aws_url))
    calm = _run("undisturbed", stack)
    _expect("undisturbed", "success", calm[0])
    _expect("triggerer, scheduler and worker killed", calm, _run("harmless blows", stack, HARMLESS))
    _expect("local AWS killed", ("failed", {}), _run("local AWS killed", stack, FATAL))
    stack.up()  # it sets up a new lake
    _expect("local AWS set up again", calm, _run("undisturbed again", stack))


def _run(name: str, stack: Stack, blows: Sequence[Blow] = ()) -> tuple[str, Places]:
    """Take the delivery through the gate, strike on the way, and return the run's state and where its files are."""
    api = AirflowApi(stack.airflow_url)
    if not (api.is_up() and api.unpause()):
        sys.exit(f"Expected a healthy Airflow at {stack.airflow_url}, found none.")
    began = time.monotonic()
    striker = Striker(stack, blows)
    run_id = api.trigger({"source": SOURCE})
    state = api.follow(run_id, striker, RUN_SECONDS)
    print(f"chaos: {name}: {state} after {time.monotonic() - began:.0f} s", flush=True)
    if striker.left:
        sys.exit(f"Expected all blows to fall, but {striker.left[0].task} was never {striker.left[0].state}.")
    return state, _places(Run("synthea", run_id).prefix)


class Striker:
    """Called with the states of a run's tasks, kills what is due; Macie's job is held until the first blow.

    :param blows: each falls once; ``left`` are those that have not.
    """

    def __init__(self, stack: Stack, blows: Sequence[Blow]) -> None:
        self._stack = stack
        self.left = list(blows)
        self._hold_jobs(bool(blows))

    def __call__(self, states: Mapping[tuple[str, int], str]) -> None:
        for blow in [blow for blow in self.left if blow.is_due(states)]:
            self.left.remove(blow)
            print(f"chaos: {blow}", flush=True)
            self._stack.compose("kill", "--signal", "SIGKILL", blow.service)
            if blow.service != "localaws":
                self._hold_jobs(False)
            time.sleep(DOWN_SECONDS)
            # An engine may take a kill for a wish; then no restart policy brings the container back.
            self._stack.compose("start", blow.service)

    def _hold_jobs(self, held: bool) -> None:
        dials = f"{self._stack.aws_url}/localaws/macie2/dials"
        requests.put(dials, json={"job_held": held}, timeout=30).raise_for_status()


def _places(prefix: str) -> Places:
    """Look where the run's files are now, whatever its record says."""
    s3 = boto3.client("s3")
    places: Places = {}
    for bucket in sorted(one["Name"] for one in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                places.setdefault(found["Key"].removeprefix(prefix), []).append(bucket)
    return places


def _expect(what: str, expected: object, found: object) -> None:
    if expected != found:
        sys.exit(f"{what}: expected {expected}, found {found}")
