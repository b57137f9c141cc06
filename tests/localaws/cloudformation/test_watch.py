"""Log groups and alarms of a template."""

from __future__ import annotations

from tests.localaws.cloudformation.conftest import Client


def test_logs_end_some_day_and_their_alarms_go_to_the_topic(client: Client, outputs: dict[str, str]) -> None:
    groups = client("logs").describe_log_groups(logGroupNamePrefix="airflow-lake-")["logGroups"]
    assert {one["logGroupName"].rpartition("-")[2]: one["retentionInDays"] for one in groups} == dict.fromkeys(
        ["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"], 90
    )
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {one["AlarmName"] for one in alarms} == {
        "lake-failed",
        "lake-held-too-long",
        "lake-dead-letters",
        "lake-hints-not-taken",
    }
    assert {tuple(one["AlarmActions"]) for one in alarms} == {(outputs["HighTopicArn"],)}
