"""A process in which Airflow is imported and its database is made, and that forks one child for every leg of a run.

``python -m tests.faults.forks FD`` reads one JSON object a line: ``{"leg": "start" | "go_on" | "clear", "run_id",
"arguments", "log", "result"}``, and answers with two on the file descriptor FD: ``{"pid"}`` when the child has begun,
``{"status"}`` when it is over (negative: the signal that killed it). The child prints to the file ``log``, and writes
to ``result`` what has become of the run.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any, TextIO

import boto3
import httpx

from dev import in_process
from ops.airflow_api import DAG_ID
from tests.faults.scheduler import Scheduler, without_delays


def main() -> None:
    """Serve until the input ends."""
    answers = os.fdopen(int(sys.argv[1]), "w")
    scheduler = _prepare()
    _answer(answers, {"ready": True})
    warm = False
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(scheduler, order, {*sys.modules} if not warm else None)
        _answer(answers, {"pid": pid})
        _, status = os.waitpid(pid, 0)
        if not warm and os.waitstatus_to_exitcode(status) == 0:
            _import_what_it_needed(Path(order["result"]))
            warm = True
        _answer(answers, {"status": os.waitstatus_to_exitcode(status)})


def _prepare() -> Scheduler:
    in_process.prepare()
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.sdk.execution_time import supervisor

    manager = DagBundlesManager()  # type: ignore[no-untyped-call]
    manager.sync_bundles_to_db()
    (bundle,) = manager.get_all_dag_bundles()
    bundle.initialize()
    bag = BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
    if bag.import_errors:
        raise SystemExit("\n".join(bag.import_errors.values()))
    sync_bag_to_db(bag, bundle.name, bundle.version)
    asyncio.run(_make_the_api_ready(supervisor.in_process_api_server()))  # type: ignore[no-untyped-call]
    for service in ("s3", "macie2", "ssm", "sns", "sts"):
        boto3.Session().client(service)
    return Scheduler(without_delays(bag.dags[DAG_ID]))


async def _make_the_api_ready(api: Any) -> None:
    """Have its routes made, which takes seconds; its event loop runs in a thread, which each child starts itself."""
    async with httpx.AsyncClient(transport=api.atransport, base_url="http://in-process.invalid") as client:
        await client.get("/health")


def _answer(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _live(scheduler: Scheduler, order: dict[str, Any], known: set[str] | None) -> None:
    """Be the child: run the leg, write down what has become of the run, and end."""
    gc.freeze()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        getattr(scheduler, order["leg"])(order["run_id"], **order["arguments"])
        state, tasks = scheduler.states(order["run_id"])
        modules = sorted({*sys.modules} - known) if known is not None else []
        result = {"state": state, "tasks": tasks, "errors": scheduler.errors, "modules": modules}
        Path(order["result"]).write_text(json.dumps(result))
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _import_what_it_needed(result: Path) -> None:
    """Import what the first child had to, so that no later one has to."""
    for name in json.loads(result.read_text())["modules"]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        except Exception:  # made at run time, or not importable by its name
            continue


if __name__ == "__main__":
    main()
