"""Run one delivery on this machine and print the decision and place of every file (`make run`)."""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import boto3
import requests

from dev import in_process, services, users
from dev.local import local_aws
from dev.paths import (
    AIRFLOW_HOME,
    LOGS,
    REPO,
    SAMPLE,
    STATE,
    airflow_environment,
    aws_environment,
    database_url_with_timeout,
)
from dev.progress import Progress
from dev.sample import make_sample
from dev.setup import set_up
from dev.table import print_record
from lake_gate.feed import Feed, parse
from lake_gate.model.run import Run
from lake_gate.s3.documents import iter_json_lines, read_document_or_none
from ops.airflow_api import AirflowApi

FEED = "synthea"
RUN_SECONDS = 3600

_ERROR = re.compile(r"^(?:lake_gate|macie)\.errors\.\w+: (.+)$", re.MULTILINE)
_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended.

    :param log: place of the log of its tasks.
    :param errors: texts of the errors of the gate and of Macie, each once.
    """

    run_id: str
    state: str
    log: str
    errors: Sequence[str]


def main() -> None:
    """Run one delivery through the gate, on the local AWS."""
    logging.getLogger("botocore").setLevel(logging.WARNING)  # Airflow enables its INFO messages
    arguments = _arguments()
    began = time.monotonic()
    endpoint = os.environ["AWS_ENDPOINT_URL"] if arguments.airflow else _start_local_aws()
    os.environ.update(aws_environment(endpoint))
    bronze = _setting("bronze_bucket")
    conf = {"source": _source(arguments.source), "dry_run": arguments.dry_run}
    conf["quarantine_threshold"], conf["promotion"] = arguments.threshold, arguments.promotion
    if arguments.policy:
        conf["policy"] = arguments.policy
    print(f"Delivery   {conf['source']}")
    feed = _feed_of(arguments.policy)
    ended = _run(feed, conf, endpoint, bronze, arguments.airflow)
    run = Run(feed.name, ended.run_id)
    record = _record(bronze, run)
    _report(record, f"s3://{bronze}/{run.document('record.json')}", ended)
    print(f"State      {ended.state}, {time.monotonic() - began:.1f} s")
    print(f"Inspect    {_aws(endpoint)} s3 ls --recursive s3://{bronze}")
    print("Stop       make down")
    sys.exit(0 if ended.state == "success" and record and record["accounted"] else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.run", description=main.__doc__)
    parser.add_argument(
        "--source", default="", help="folder, .zip, s3:// prefix or http(s):// zip; default: a generated sample"
    )
    parser.add_argument("--threshold", default="High", choices=["High", "Medium", "Low"])
    parser.add_argument("--promotion", default="each by itself", choices=["each by itself", "all or nothing"])
    parser.add_argument(
        "--policy",
        help="file in include/policies; for each file the stricter outcome of it and the feed's counts. A policy that "
        "masks needs a feed with a masking spec: the one whose policy it is runs then",
    )
    parser.add_argument("--dry-run", action="store_true", help="decide and report without moving files")
    parser.add_argument("--airflow", default="", help="URL of a running Airflow to use; AWS_ENDPOINT_URL names its AWS")
    return parser.parse_args()


def _start_local_aws() -> str:
    STATE.mkdir(parents=True, exist_ok=True)
    service = local_aws()
    os.environ.update(aws_environment(service.url))
    set_up(local_source_root="/")
    print(f"Local AWS  {service.url}")
    return service.url


def _source(source: str) -> str:
    if not source:
        make_sample(SAMPLE)
        return str(SAMPLE)
    if "://" in source:
        return source
    path = Path(source).expanduser()
    # relative to the repo, where make runs
    return str(path if path.is_absolute() else (REPO / path).resolve())


def _feed_of(policy: str | None) -> Feed:
    """Return the feed to run: one that masks if it has this policy, otherwise the first one of the repository."""
    files = sorted((REPO / "include/feeds").glob("*.json"))  # lake_gate.include would import Airflow too early
    feeds = {path.stem: parse(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in files}
    masking = (feed for feed in feeds.values() if feed.masking and feed.policy == policy)
    return next(masking, feeds[FEED])


def _run(feed: Feed, conf: dict[str, Any], endpoint: str, bronze: str, airflow_url: str) -> Ended:
    """Run in the Airflow that is up, otherwise in this process."""
    login = None
    if not airflow_url and (up := services.ready("airflow")):
        airflow_url, login = up.url, users.login()
    if airflow_url:
        api = AirflowApi(airflow_url, feed.dag_id, login)
        services.wait_for(lambda: True if api.is_up() and api.unpause() else None, 180, lambda: None)
        is_web = conf["source"].startswith("http")  # such an address may hold a password
        run_id = api.trigger(conf, "" if is_web else f"Delivery: {conf['source']}")
        show = _begin(feed, run_id, bronze, airflow_url, sys.stdout)
        _print_what_goes_first(api, feed, run_id)
        state = api.follow(run_id, show, seconds=RUN_SECONDS)
        log = f"{airflow_url}/dags/{feed.dag_id}/runs/{quote(run_id, safe='')}"
        return Ended(run_id, state, log, _errors_in_airflow(api, run_id) if state == "failed" else ())
    # Airflow, imported below, reads the environment.
    os.environ.update(airflow_environment(endpoint))
    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = database_url_with_timeout(AIRFLOW_HOME)
    begin = partial(_begin, feed, bronze=bronze, where="in this process")
    run_id, state = in_process.run(conf, lambda run_id, out: begin(run_id=run_id, out=out), feed.dag_id)
    return Ended(run_id, state, str(LOGS / "run.log"), _errors_in_log(LOGS / "run.log"))


def _begin(
    feed: Feed, run_id: str, bronze: str, where: str, out: TextIO
) -> Callable[[Mapping[tuple[str, int], str]], None]:
    print(f"Airflow    {where}\nRun        {run_id}\n", file=out, flush=True)
    return Progress(Run(feed.name, run_id), bronze, out).show


def _print_what_goes_first(api: AirflowApi, feed: Feed, run_id: str) -> None:
    """Say it when other runs of the feed go first: Airflow runs them one at a time, so this one shows nothing yet.

    Runs of back-fills are counted apart, and keep no other run waiting.
    """
    runs = api.get(f"/dags/{feed.dag_id}/dagRuns?state=running&state=queued&order_by=run_after&limit=100")["dag_runs"]
    others = (run for run in runs if run["dag_run_id"] != run_id and run["run_type"] != "backfill")
    if first := [run["dag_run_id"] for run in others]:
        more = f" and {len(first) - 1} more" if first[1:] else ""
        print(f"Waiting for {first[0]}{more} to end: a feed has one run at a time\n", flush=True)


def _setting(name: str) -> str:
    return boto3.client("ssm").get_parameter(Name=f"/lake_gate/{name}")["Parameter"]["Value"]


def _record(bronze: str, run: Run) -> dict[str, Any] | None:
    s3 = boto3.client("s3")
    if (content := read_document_or_none(s3, bronze, run.document("record.json"))) is None:
        return None
    return {**json.loads(content), "objects": list(iter_json_lines(s3, bronze, run.document("objects.jsonl")))}


def _report(record: dict[str, Any] | None, uri: str, ended: Ended) -> None:
    if ended.state != "success":
        print(f"\nThe run ended as {ended.state}. Log of its tasks: {ended.log}")
        for error in ended.errors:
            print(f"  {error}")
    if record is None:
        print("The run wrote no record; files that were landed stay in bronze.")
        return
    print_record(record)
    print(f"Run record {uri}")


def _errors_in_log(log: Path) -> list[str]:
    return list(dict.fromkeys(_ERROR.findall(log.read_text(encoding="utf-8", errors="replace"))))


def _errors_in_airflow(api: AirflowApi, run_id: str) -> list[str]:
    """Return the errors whose classes are ours, by name: texts of other errors may have values. None without logs."""
    files = [REPO / "plugins" / package / "errors.py" for package in ("lake_gate", "macie")]
    ours = {name for file in files for name in _CLASS.findall(file.read_text(encoding="utf-8"))}
    try:
        return list(dict.fromkeys(text for name, text in api.errors(run_id) if name in ours))
    except requests.RequestException:
        return []


def _aws(endpoint: str) -> str:
    """Return the command of the repo's AWS CLI for the local AWS, as it can be pasted at the repo's root."""
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    variables = aws_environment(endpoint)
    return " ".join([*(f"{name}={variables[name]}" for name in names), ".venv/awscli/bin/aws"])


if __name__ == "__main__":
    main()
