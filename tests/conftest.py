"""Fixtures of all tests: a temporary Airflow home, and a local AWS that is empty for every test.

Airflow reads its environment while it is imported, so it is set before anything else here.
"""

from __future__ import annotations

import functools
import gc
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
_HOME = tempfile.mkdtemp(prefix="lake-gate-tests-")
os.environ.update(
    {
        "AIRFLOW_HOME": _HOME,
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "LAKE_GATE_STATE": f"{_HOME}/state",
        "PYTHONPATH": f"{REPO / 'plugins'}{os.pathsep}{REPO}",  # of the processes that tests start
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
)

from dev.paths import database_url_with_timeout

os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = database_url_with_timeout(Path(_HOME))

import boto3
import moto.kms.models
import pytest
import requests
import yaml
from moto.kms.utils import generate_private_key

from dev.task_cost import share_between_tasks
from localaws.server import LocalAws
from tests import without_sockets
from tests.lake import Lake
from tests.runs import airflow_database, dag, run_any, run_dag
from tests.snapshot import SetUpOnce, Snapshot

__all__ = ["airflow_database", "dag", "run_any", "run_dag"]

share_between_tasks()
without_sockets.install()
# moto makes an RSA key for every key, also for symmetric ones; the three keys of a lake take half of its set-up.
moto.kms.models.generate_private_key = functools.cache(generate_private_key)  # type: ignore[attr-defined]


def _parse_each_text_once() -> None:
    """Cache yaml.load: parsing the templates takes two thirds of the time of setting up a lake, for every test."""
    load, parsed = yaml.load, dict[tuple[str, Any], bytes]()

    def cached(text: Any, Loader: Any) -> Any:  # noqa: N803 - PyYAML's own name
        if not isinstance(text, str):
            return load(text, Loader=Loader)
        if (text, Loader) not in parsed:
            parsed[text, Loader] = pickle.dumps(load(text, Loader=Loader))
        return pickle.loads(parsed[text, Loader])

    yaml.load = cached


_parse_each_text_once()


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """The local AWS; other processes reach it over HTTP."""
    with LocalAws() as aws, without_sockets.served(aws.endpoint_url, aws.application):
        yield aws


@pytest.fixture
def aws(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """The local AWS, empty, and in the environment where boto3 looks for it."""
    requests.post(f"{local_aws.endpoint_url}/moto-api/reset", timeout=10).raise_for_status()
    monkeypatch.setenv("AWS_ENDPOINT_URL", local_aws.endpoint_url)
    # boto3 keeps a default session; what another test made must not be found.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return local_aws


_snapshots: dict[tuple[str, int], Snapshot[Any]] = {}
"""By file and line of the fixture."""


@pytest.fixture
def once(aws: LocalAws) -> SetUpOnce:
    """Sets a thing up for the first test that asks for it, and restores it for all others of the process."""

    def once[T](set_up: Callable[[], T]) -> T:
        caller = sys._getframe(1).f_code  # two fixtures might choose the same name
        fixture = (caller.co_filename, caller.co_firstlineno)
        if fixture not in _snapshots:
            _snapshots[fixture] = Snapshot(set_up())
        found: T = _snapshots[fixture].restore()
        return found

    return once


@pytest.fixture
def lake(aws: LocalAws, once: SetUpOnce) -> Lake:
    """The lake as the template makes it, in an empty local AWS with Macie enabled."""
    return once(partial(Lake.set_up, aws.endpoint_url))


@pytest.fixture(scope="session")
def real_delivery() -> Path:
    """The twelve real Synthea files, which lie beside the repo where they are at hand."""
    folder = REPO.parent / "shared" / "data" / "synthea_apr2020"
    if not folder.is_dir():
        pytest.skip(f"the real Synthea files are not here: {folder}")
    return folder


def pytest_unconfigure() -> None:
    """Leave nothing behind in the folder of temporary files."""
    shutil.rmtree(_HOME, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Begin with what takes minutes: two workers with the tests that have an Airflow of their own, one with the faults.

    Each worker gets a part of the list at first, and takes from the ends of the others after that. Those with an
    Airflow wait for most of their time; those of faults share a process that takes a worker half a minute to start.
    """
    workers: int = getattr(config, "workerinput", {"workercount": 1})["workercount"]
    airflow = [item for item in items if _has_airflow(item)]
    faults = [item for item in items if item.path.parent.name == "faults"]
    begin = [airflow[::2], airflow[1::2], faults]
    first = {*airflow, *faults}
    total, others = len(items), [item for item in items if item not in first]
    items.clear()
    for worker in range(workers):
        items.extend(chain.from_iterable(begin[worker::workers]))
        left_of_part = max(0, total * (worker + 1) // workers - len(items))
        items.extend(others[:left_of_part])
        del others[:left_of_part]


def _has_airflow(item: pytest.Function) -> bool:
    return item.path.parent.name == "e2e" and ("stack" in item.fixturenames or item.path.name == "test_commands.py")


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was imported, and begin seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Let no bytes into a name: packed ones hold the time of day, and all workers have to have the same names."""
    return argname if isinstance(val, bytes) else None
