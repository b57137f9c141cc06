"""Two at once: the same task twice, two runs over one source, and somebody who writes while a run moves.

What happens in between is not left to chance: the proxy stops a step at one of its calls and lets the other one have
its way. FAULTS_ALL=1 does so at every call, else it is done at a few, which FAULTS_SEED chooses.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from lake_gate.errors import FinalGateError
from localaws.server import LocalAws
from macie.errors import MacieFatalError
from tests.faults.by_hand import STEPS, ByHand
from tests.faults.checker import Buckets, Expected, Verdict, judge
from tests.faults.choice import SEED, sample
from tests.faults.deliveries import CLEAN, HIGH, INTRUDER, PDF, SMALL
from tests.faults.proxy import Armed, Fault, Proxy
from tests.lake import Lake

ROUNDS = 2
CALLS = 1000 if os.environ.get("FAULTS_ALL") else 2
QUICK = {"promote"}
"""Steps that are not slow."""


@pytest.fixture(scope="module")
def proxy(local_aws: LocalAws) -> Iterator[Proxy]:
    with Proxy(local_aws.endpoint_url) as proxy:
        yield proxy


@pytest.fixture
def source(tmp_path: Path) -> Path:
    SMALL.write(tmp_path / "delivery")
    return tmp_path / "delivery"


@pytest.fixture
def fresh(aws: LocalAws, source: Path) -> Callable[[], ByHand]:
    """Makes a run in an empty lake."""

    def make() -> ByHand:
        requests.post(f"{aws.endpoint_url}/moto-api/reset", timeout=10).raise_for_status()
        return ByHand(Lake.set_up(aws.endpoint_url), source)

    return make


def verdict(lake: Lake, run_id: str = "manual__1", overwritten: frozenset[str] = frozenset()) -> Verdict:
    expected = Expected(SMALL.files, SMALL.expected, INTRUDER, overwritten)
    return judge(lake.s3, Buckets(lake.bronze, lake.silver, lake.quarantine), expected, run_id)


def calls_of(step: str, run: ByHand, proxy: Proxy) -> list[str]:
    """Run up to the step, and the step through the proxy; return the calls at which it is to be stopped."""
    run.go(until=step)
    proxy.begin()
    run.make(step, proxy.endpoint_url)()
    return [call for (call,) in sample([(call,) for call in proxy.calls], CALLS, SEED)]


def tolerant(step: Callable[[], Any]) -> Any:
    """Run a step that may fail as long as its retry may mend it, and retry it once."""
    try:
        return step()
    except (FinalGateError, MacieFatalError):
        raise
    except Exception:
        return step()


@pytest.mark.parametrize(
    "step", [pytest.param(step, marks=() if step in QUICK else pytest.mark.slow) for step in STEPS]
)
def test_nothing_is_doubled_or_lost_when_a_task_runs_once_more_within_itself(
    fresh: Callable[[], ByHand], proxy: Proxy, step: str
) -> None:
    for call in calls_of(step, fresh(), proxy):
        run = fresh()
        run.go(until=step)
        twin = run.make(step)
        armed = Armed(call, Fault.MEANWHILE, partial(tolerant, twin))
        proxy.begin(armed)
        run.results[step] = tolerant(run.make(step, proxy.endpoint_url))
        assert armed.hits
        run.go(after=step)
        assert verdict(run.lake).problems == [], call
        assert len(boto3.client("macie2").list_classification_jobs()["items"]) == 1, call
        assert len(boto3.client("macie2").list_custom_data_identifiers()["items"]) == 3, call


@pytest.mark.parametrize(
    "step", ["promote", *(pytest.param(step, marks=pytest.mark.slow) for step in ("land", "quarantine", "hold"))]
)
def test_nothing_is_doubled_or_lost_when_a_task_runs_twice_at_once(fresh: Callable[[], ByHand], step: str) -> None:
    for _ in range(ROUNDS):
        run = fresh()
        run.go(until=step)
        both, start = [run.make(step), run.make(step)], threading.Barrier(2)

        def begin(one: Callable[[], Any], start: threading.Barrier = start) -> Any:
            start.wait(10)
            return tolerant(one)

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(begin, both)
        assert first == second
        run.results[step] = first
        run.go(after=step)
        assert verdict(run.lake).problems == []


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("promote", CLEAN),
        pytest.param("quarantine", HIGH, marks=pytest.mark.slow),
        pytest.param("hold", PDF, marks=pytest.mark.slow),
    ],
)
def test_what_is_written_over_a_landed_object_stays_where_it_is_while_the_landed_bytes_move(
    fresh: Callable[[], ByHand], proxy: Proxy, step: str, name: str
) -> None:
    for call in calls_of(step, fresh(), proxy):
        run = fresh()
        run.go(until=step)
        place = {"Bucket": run.lake.bronze, "Key": run.run.prefix + name}
        s3 = run.lake.s3
        armed = Armed(call, Fault.MEANWHILE, partial(s3.put_object, **place, Body=INTRUDER))
        proxy.begin(armed)
        run.results[step] = run.make(step, proxy.endpoint_url)()
        run.go(after=step)
        found = verdict(run.lake, overwritten=frozenset({name}))
        assert found.problems == [], call
        assert found.outcomes == SMALL.expected, call


@pytest.mark.slow
def test_two_runs_over_one_source_at_once_are_two_whole_deliveries(fresh: Callable[[], ByHand], source: Path) -> None:
    first = fresh()
    runs = [first, ByHand(first.lake, source, "manual__2")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ByHand.go, runs))
    assert verdict(first.lake, "manual__1").problems == []
    assert verdict(first.lake, "manual__2").problems == []
    assert len(boto3.client("macie2").list_custom_data_identifiers()["items"]) == 3
