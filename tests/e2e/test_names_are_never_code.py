"""Data is never code: templates in every kind of name that enters, in whole runs of all DAGs that read names."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import inspect, text

from dev import in_process
from lake_gate import feed
from lake_gate.model import jsonl
from lake_gate.model.names import ALARM
from lake_gate.notifications.alarms import FAILED, HELD_TOO_LONG
from tests.lake import Lake
from tests.lake_gate.finding_events.elsewhere import scan
from tests.lake_gate.finding_events.world import Events
from tests.runs import Ended, RunAny, RunDag

TEMPLATE, PRODUCT = "{{ 7919*104729 }}", "829348951"
SECRET = "hunter2-zq81-kx"
EVIL = f"{TEMPLATE} {{{{ conn.warehouse.password }}}}"
"""No part of what it is rendered to comes about by chance."""
PATIENT = "76982e06-f8b8-4509-9ca3-65a99c8650fe"
FILES = {
    f"{EVIL} clean.csv": b"A\n1\n",
    f"{EVIL} medium.csv": f"PATIENT,{EVIL}\n{PATIENT},1\n".encode(),
    f"{EVIL} high.csv": f"SSN,{EVIL}\n219-09-9999,1\n".encode(),
    f"{EVIL}.pdf": b"%PDF",
    f"{EVIL}/in a folder.csv": b"B\n2\n",
}
OUTCOMES = {
    f"{EVIL} clean.csv": "promote",
    f"{EVIL} medium.csv": "promote",
    f"{EVIL} high.csv": "quarantine",
    f"{EVIL}.pdf": "hold",
    f"{EVIL}/in a folder.csv": "promote",
}
HELD = (f"{EVIL}/r/x.csv", f"synthea/{EVIL}/x.csv", f"synthea/r/{EVIL}.csv", EVIL)


@pytest.fixture(autouse=True)
def connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"postgres://etl:{SECRET}@db.example:5432/dwh")


@pytest.fixture
def run_other(run_any: RunAny) -> Callable[..., Ended]:
    return lambda dag_id, **conf: run_any(in_process.load_dag(dag_id), dag_id, **conf)


@pytest.mark.slow
@pytest.mark.airflow
def test_templates_in_names_stay_text_in_whole_runs(
    lake: Lake,
    run_dag: RunDag,
    run_other: Callable[..., Ended],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    topics = {lake.settings.high_topic_arn, lake.settings.low_topic_arn}
    received = [lake.messages_of(topic_arn) for topic_arn in topics]
    delivery = tmp_path / EVIL
    for name, content in FILES.items():
        (delivery / name).parent.mkdir(parents=True, exist_ok=True)
        (delivery / name).write_bytes(content)
    ended = run_dag(source=str(delivery))
    assert (ended.state, ended.outcomes) == ("success", OUTCOMES)

    plant_around_the_gate(lake)
    scan(lake.silver, "High", name=EVIL)
    scan(lake.bronze, "High", name=f"{EVIL} too")
    events = run_other("finding_events")
    assert (events.state, events.tasks["withdraw"]) == ("success", "success")
    assert f"{EVIL} medium.csv" in ended.names_in(lake.quarantine)

    for path in HELD:
        lake.put(lake.bronze, f"held/{path}", b"A")
    listed = run_other("held_objects", older_than_hours=0)
    assert (listed.state, listed.tasks["notify"]) == ("success", "success")
    assert {group["feed"] for group in listed.record["groups"]} == {"synthea", "unknown"}

    found = {
        "logs": "".join(capfd.readouterr()) + caplog.text,
        "messages": json.dumps([messages() for messages in received]),
        **dict(everything_in(lake)),
        **dict(tables()),
    }
    for place in ("logs", "messages", "table task_instance", "table xcom", "bronze objects.jsonl"):
        assert any(TEMPLATE in content for name, content in found.items() if name.startswith(place)), place
    assert [name for name, content in found.items() if PRODUCT in name + content or SECRET in name + content] == []


def plant_around_the_gate(lake: Lake) -> None:
    """Put objects where no run has put them, one of them with the manifest of a run below a feed that is none."""
    content = f"PATIENT\n{PATIENT}\n".encode()
    lake.put(lake.silver, f"{EVIL}/{EVIL}/x.csv", content)
    lake.put(lake.silver, f"synthea/{EVIL}/x.csv", content)
    landed = lake.put(lake.bronze, f"{EVIL}/r/x.csv", content)
    lake.put(lake.bronze, f"_runs/{EVIL}/r/manifest.jsonl", jsonl.dump([landed]))
    lake.put(
        lake.bronze, f"_runs/{EVIL}/r/record.json", json.dumps({"dry_run": False, "run": {"run_id": EVIL}}).encode()
    )


def everything_in(lake: Lake) -> Iterator[tuple[str, str]]:
    """Yield every version in every bucket: key, what S3 says of it, content."""
    for bucket in (one["Name"] for one in lake.s3.list_buckets()["Buckets"]):
        for page in lake.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", ()):
                place = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
                head, tags = lake.s3.head_object(**place), lake.s3.get_object_tagging(**place)["TagSet"]
                raw = lake.s3.get_object(**place)["Body"].read()
                content = gzip.decompress(raw) if version["Key"].endswith(".gz") else raw
                short = "bronze" if bucket == lake.bronze else bucket
                name = f"{short} {version['Key'].rpartition('/')[2]} {version['Key']} {version['VersionId']}"
                yield name, f"{head} {tags} {content.decode(errors='replace')}"


def tables() -> Iterator[tuple[str, str]]:
    """Yield every table of Airflow's database: XCom, rendered fields, names of mapped tasks, asset events ..."""
    with create_session() as session:
        for name in inspect(session.get_bind()).get_table_names():
            rows = session.execute(text(f'SELECT * FROM "{name}"')).all()
            yield f"table {name}", "\n".join(str(cell) for row in rows for cell in row)


@pytest.mark.airflow
@pytest.mark.slow
def test_names_like_the_words_of_an_alarm_set_off_none(
    run_dag: RunDag,
    run_other: Callable[..., Ended],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    delivery = tmp_path / HELD_TOO_LONG
    for name in (f"{FAILED}.csv", f"{FAILED}.pdf", f"{HELD_TOO_LONG}/{FAILED} high.csv"):
        (delivery / name).parent.mkdir(parents=True, exist_ok=True)
        (delivery / name).write_bytes(f"SSN,{FAILED}\n219-09-9999,1\n".encode())
    assert run_dag(source=str(delivery)).state == "success"
    assert run_other("held_objects", older_than_hours=24).state == "success"
    (delivery / f"{HELD_TOO_LONG} link").symlink_to(delivery)
    assert run_dag(source=str(delivery)).state == "failed"
    logged = "".join([caplog.text, *capfd.readouterr()])  # Airflow decides which logger goes where
    assert logged.count(ALARM) == logged.count(f"{FAILED}: synthea, ") > 0
    assert "is a symbolic link" in logged


def test_template_in_the_body_of_a_message_goes_to_the_dead_letters_as_it_is(lake: Lake) -> None:
    Events(lake, [], bodies=[EVIL]).take()
    url = lake.settings.dead_letter_queue_url
    (letter,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert letter["Body"] == EVIL


@pytest.mark.airflow
def test_names_that_are_chosen_by_people_are_refused(airflow_database: None) -> None:
    dag = in_process.load_dag()
    for param in ("policy", "quarantine_threshold", "promotion", "reprocess_held"):
        with pytest.raises(ValueError, match=param):
            dag.test(run_conf={param: EVIL})
    with pytest.raises(ValueError, match="the name of a feed must begin with a letter"):
        feed.parse(EVIL, {"owner": "x", "schedule": None})
    with pytest.raises(ValueError, match="source: the only valid placeholder"):
        feed.parse("clinic", {"owner": "x", "schedule": None, "source": EVIL})
    with pytest.raises(ValueError, match="does not match"):
        DagRun(dag_id="synthea_gate", run_id=EVIL, run_type="manual")
