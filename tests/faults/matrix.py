"""Every call of a run x every fault: ``python -m tests.faults.matrix`` writes docs/reports/faults.md.

Workers run side by side, each with a local AWS, a proxy and an Airflow of its own. Results are written to
``.local/faults/results.jsonl`` as they come; ``--resume`` keeps those of a run before that was stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import queue
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from localaws.server import LocalAws
from tests.faults.choice import faults_of, sample, shuffled, stable
from tests.faults.deliveries import MASKED, MASKING
from tests.faults.harness import NAMED, REPO, WORLDS, Harness
from tests.faults.report import report
from tests.faults.scenario import Outcome, play

RESULTS = REPO / ".local" / "faults" / "results.jsonl"
LOGS = RESULTS.parent / "logs"
"""What was printed and logged in the scenarios that failed."""

REPORT = REPO / "docs" / "reports" / "faults.md"
NO_ANSWER = "the harness failed"
SCENARIO_SECONDS = 600
MASKED_WORLD = "masking"

type Scenario = tuple[str, str]


def main() -> None:
    """Run the matrix, or the part of it that was asked for."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped; --resume goes on."))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    outcomes = _read_results() if options.resume else []
    if not options.resume:
        RESULTS.unlink(missing_ok=True)
    with _Workers(options.workers, options.world) as workers:
        recorded = workers.record()
        if recorded.problems:
            sys.exit(f"The run without any fault:\n{recorded}")
        calls = stable(recorded.calls)
        scenarios = _choose(calls, options)
        known = {(one.call, one.fault) for one in outcomes}
        todo = [scenario for scenario in shuffled(scenarios) if scenario not in known]
        _say(f"{len(calls)} calls, {len(scenarios)} scenarios, {len(todo)} to run")
        began = time.monotonic()
        for number, outcome in enumerate(workers.play_all(todo), start=1):
            outcomes.append(outcome)
            _write_result(outcome)
            left = (time.monotonic() - began) / number * (len(todo) - number)
            _say(f"{number:4}/{len(todo)} {left / 60:5.1f} min left  {outcome}")
    outcomes = [outcome for outcome in outcomes if (outcome.call, outcome.fault) in set(scenarios)]
    failed = [outcome for outcome in outcomes if outcome.problems]
    is_whole = options.world == NAMED and scenarios == _choose(calls, argparse.Namespace(only="", fault=None, sample=0))
    if options.report or is_whole:
        text = report(calls, outcomes)
        (options.report or REPORT).write_text(text)
        _say(f"Report: {options.report or REPORT}")
    _say(f"{len(outcomes)} scenarios, {len(failed)} FAILED")
    sys.exit(1 if failed else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.matrix", description=__doc__)
    parser.add_argument("--only", default="", help="calls whose names this regular expression finds")
    parser.add_argument("--fault", action="append", help="this fault; may be given more than once")
    parser.add_argument("--sample", type=int, default=0, help="that many scenarios, chosen by their names")
    parser.add_argument(
        "--world",
        default=NAMED,
        choices=[*WORLDS, MASKED_WORLD],
        help="whether Macie names the versions of objects; masking: a feed that masks, and another delivery",
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="keep the results that are there")
    parser.add_argument(
        "--report", type=Path, help="where to write the report (docs/reports/faults.md for the whole matrix)"
    )
    return parser.parse_args()


def _choose(calls: list[str], options: argparse.Namespace) -> list[Scenario]:
    scenarios = [
        (call, fault)
        for call in calls
        if re.search(options.only, call)
        for fault in faults_of(call, calls)
        if not options.fault or fault in options.fault
    ]
    return sample(scenarios, options.sample) if options.sample else scenarios


def _read_results() -> list[Outcome]:
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]


def _write_result(outcome: Outcome) -> None:
    with RESULTS.open("a") as file:
        file.write(json.dumps({**asdict(outcome), "calls": []}, ensure_ascii=False) + "\n")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class _Workers:
    """Processes with a harness each."""

    def __init__(self, count: int, world: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._todo: Any = context.Queue()
        self._done: Any = context.Queue()
        arguments = (self._todo, self._done, world)
        self._processes = [context.Process(target=_work, args=arguments, daemon=True) for _ in range(count)]

    def __enter__(self) -> _Workers:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        while True:  # what is still to be done is not done any more
            try:
                self._todo.get_nowait()
            except queue.Empty:
                break
        for _process in self._processes:
            self._todo.put(None)
        for process in self._processes:
            process.join(30)
            process.kill()
            process.join()

    def record(self) -> Outcome:
        """Run once without any fault."""
        return next(self.play_all([("", "")]))

    def play_all(self, scenarios: list[Scenario]) -> Iterator[Outcome]:
        """Yield the outcomes as they come."""
        for scenario in scenarios:
            self._todo.put(scenario)
        for _ in scenarios:
            yield self._next()

    def _next(self) -> Outcome:
        deadline = time.monotonic() + SCENARIO_SECONDS
        while time.monotonic() < deadline:
            try:
                outcome: Outcome = self._done.get(timeout=1)
            except queue.Empty:
                if not any(process.is_alive() for process in self._processes):
                    break
                continue
            return outcome
        raise SystemExit("The workers have ended, or give no answer.")


def _work(todo: Any, done: Any, world: str) -> None:
    with LocalAws() as aws:
        scenario = _next_scenario(todo)
        while scenario is not None:
            with Harness(aws.endpoint_url, **(MASKING if world == MASKED_WORLD else {})) as harness:
                while scenario is not None:
                    outcome = _play_and_keep_log(harness, scenario, world)
                    done.put(outcome)
                    scenario = _next_scenario(todo)
                    if outcome.how == NO_ANSWER:
                        break  # the state of the harness is unknown: the next scenario gets a new one


def _play_and_keep_log(harness: Harness, scenario: Scenario, world: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="lake-gate-scenario-") as folder:
        try:
            if world == MASKED_WORLD:
                outcome = play(harness, Path(folder), *scenario, MASKED)
            else:
                outcome = play(harness, Path(folder), *scenario, world=world)
        except Exception as error:  # the harness's own; the other scenarios can do without this one
            outcome = Outcome(*scenario, NO_ANSWER, [f"{type(error).__name__}: {error}"])
        log = Path(folder) / "log"
        if outcome.problems and log.exists():
            LOGS.mkdir(exist_ok=True)
            shutil.copy(log, LOGS / re.sub(r"[^A-Za-z0-9._-]+", "-", f"{outcome.call} {outcome.fault}.log"))
    return outcome


def _next_scenario(todo: Any) -> Scenario | None:
    """Wait for the next scenario; there is none when it is said so, or when the main process is gone."""
    parent = multiprocessing.parent_process()
    while parent is None or parent.is_alive():
        with contextlib.suppress(queue.Empty):
            return todo.get(timeout=1)
    return None


if __name__ == "__main__":
    main()
