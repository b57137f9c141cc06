"""Log groups and alarms of a template."""

from __future__ import annotations

from tests.localaws.cloudformation.conftest import Client


def test_logs_end_some_day_and_their_alarms_go_to_the_topic(client: Client, outputs: dict[str, str]) -> None:
    groups = client("logs").describe_log_groups(logGroupNamePrefix="airflow-lake-")["logGroups"]
    assert {group["logGroupName"].rpartition("-")[2]: group["retentionInDays"] for group in groups} == dict.fromkeys(
        ["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"], 90
    )
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {
        "lake-failed",
        "lake-held-too-long",
        "lake-dead-letters",
        "lake-findings-queue-not-consumed",
    }
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(outputs["HighTopicArn"],)}
