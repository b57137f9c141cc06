"""A lake with a real scheduler, triggerer and DAG processor: what runs by the clock, and what by events."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from lake_gate.model.run import Run
from ops.airflow_api import ENDED
from tests.e2e.stack import Stack, wait_for
from tests.lake import Lake

pytestmark = pytest.mark.slow

BURST = 250
DAY = timedelta(days=1)


@pytest.mark.parametrize("stack", [{"lineage": True}], indirect=True, ids=["lineage"])
def test_runs_take_the_deliveries_of_their_days(stack: Stack) -> None:
    """By the clock, and as a back-fill; who waits for silver is told."""
    lake, now = stack.lake, datetime.now(UTC)
    # Not today: the scheduler makes that run by itself, and the one of Airflow 3.3.1 ends when it is there already.
    days = [now.replace(hour=0, minute=0, second=0, microsecond=0) - number * DAY for number in (2, 1)]
    for number, day in enumerate(days):
        deliver(lake, f"ward/{day:%Y-%m-%d}/", number + 1)
    stack.add_feed("ward", schedule="0 0 * * *")
    stack.back_fill("ward_gate", days[0], days[1])
    stack.switch_on("ward_gate")
    night = datetime.now(UTC) + timedelta(minutes=2)
    names = deliver(lake, f"clinic/{night:%Y-%m-%d}/", 3)
    stack.add_feed("clinic", schedule=f"{night.minute} {night.hour} * * *")
    stack.switch_on("clinic_gate")

    run = stack.ended_run("clinic_gate")
    assert (run["run_type"], run["state"]) == ("scheduled", "success")
    assert {key.rpartition("/")[2] for key in lake.keys(lake.silver, "clinic/")} == names
    (event,) = stack.returned(stack.ended_run("read_silver_clinic"), "read")
    assert (event["run_id"], event["outcomes"]) == (run["dag_run_id"], {"promote": len(names)})

    wait_for(lambda: all(run["state"] in ENDED for run in stack.back_filled("ward_gate")), "the end of the back-fill")
    runs = stack.back_filled("ward_gate")
    assert [run["state"] for run in runs] == ["success"] * len(days)
    assert [run["logical_date"][:10] for run in runs] == [f"{day:%Y-%m-%d}" for day in days]
    assert [len(lake.keys(lake.silver, Run("ward", run["dag_run_id"]).prefix)) for run in runs] == [1, 2]
    for feed in ("clinic", "ward"):
        moved = ((f"s3://{lake.bronze}", feed), (f"s3://{lake.silver}", feed))
        assert moved in stack.lineage(f"{feed}_gate.promote")


@pytest.mark.parametrize("stack", [{"paused": False}], indirect=True, ids=["on"])
def test_what_other_jobs_find_is_pulled_back(stack: Stack) -> None:
    """A burst of events, then a daily job over three days."""
    told = stack.lake.messages_of(stack.lake.settings.high_topic_arn)
    burst_of_events_pulls_back_what_a_job_finds(stack)
    daily_job_finds_for_three_days_what_went_around_the_gate(stack)
    messages = told()
    assert messages
    assert not any("219-09-9999" in json.dumps(message) for message in messages)


def deliver(lake: Lake, folder: str, files: int) -> set[str]:
    """Put so many small files, in which Macie finds nothing by itself, where a feed looks for them; their names."""
    names = {f"visits-{number:04}.csv" for number in range(files)}
    for name in names:
        key = f"deliveries/{folder}{name}"
        lake.s3.put_object(Bucket=lake.outputs["SourceBucket"], Key=key, Body=f"WARD\nWARD-{name[7:11]}\n".encode())
    return names


def burst_of_events_pulls_back_what_a_job_finds(stack: Stack) -> None:
    lake, macie = stack.lake, boto3.client("macie2")
    deliver(lake, "clinic/burst/", BURST)
    stack.add_feed("clinic", schedule=None)
    stack.switch_on("clinic_gate")
    stack.api("clinic_gate").trigger({"source": f"s3://{lake.outputs['SourceBucket']}/deliveries/clinic/burst/"})
    assert [stack.ended_run("clinic_gate")["state"], len(stack.runs("clinic_gate"))] == ["success", 1]
    before = keys_below(lake, lake.silver, "clinic/")
    assert len(before) == BURST
    identifier = macie.create_custom_data_identifier(
        name="Ward", regex=r"WARD-\d{4}", severityLevels=[{"occurrencesThreshold": 1, "severity": "HIGH"}]
    )
    macie.create_classification_job(
        name="somebody's own, from the console",
        jobType="ONE_TIME",
        clientToken="burst",
        customDataIdentifierIds=[identifier["customDataIdentifierId"]],
        s3JobDefinition={
            "bucketDefinitions": [{"accountId": "123456789012", "buckets": [lake.silver]}],
            "scoping": {
                "includes": {
                    "and": [
                        {"simpleScopeTerm": {"comparator": "STARTS_WITH", "key": "OBJECT_KEY", "values": ["clinic/"]}}
                    ]
                }
            },
        },
    )
    wait_for(lambda: not keys_below(lake, lake.silver, "clinic/"), "silver to be empty")
    wait_for(lambda: set(keys_below(lake, lake.quarantine, "clinic/")) == set(before), "all to be in quarantine")
    wait_for(lambda: not keys_below(lake, lake.bronze, "clinic/"), "nothing to be left in bronze")
    stack.ended_run("read_quarantine_clinic")
    runs = [run for run in stack.runs("finding_events") if run["run_type"] == "asset_triggered"]
    assert 0 < len(runs) < BURST / 10, "a burst is taken in batches"


def daily_job_finds_for_three_days_what_went_around_the_gate(stack: Stack) -> None:
    lake = stack.lake
    stack.api("macie_scheduled_job").trigger({})
    assert stack.ended_run("macie_scheduled_job", lambda run: run["run_type"] == "manual")["state"] == "success"
    for day in (1, 2, 3):
        key = f"clinic/around/day-{day}.csv"
        lake.s3.put_object(Bucket=lake.silver, Key=key, Body=b"SSN\n219-09-9999\n")
        lake.turn(clock_ahead_seconds=day * DAY.total_seconds())
        wait_for(lambda key=key: key in lake.keys(lake.quarantine, "clinic/around/"), f"{key} in quarantine")  # type: ignore[misc]
        wait_for(lambda: not lake.keys(lake.silver), "silver to be empty again")


def keys_below(lake: Lake, bucket: str, prefix: str) -> list[str]:
    pages = lake.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]
