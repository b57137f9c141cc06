"""The operator that writes the reports of a month: for which feeds, of which month, and what it sends."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lake_gate.errors import NoticeRefusedError, ReportParamsError
from lake_gate.feed_reports.operators import WriteFeedReportsOperator
from lake_gate.include import read_feeds
from lake_gate.model.run import report_of
from lake_gate.notifications.topics import Topic
from tests.lake import Lake
from tests.lake_gate.finding_events.world import Gate
from tests.lake_gate.reports.html import parse

NOW = datetime.now(UTC)
FEEDS = [feed.name for feed in read_feeds()[0]]


def write(lake: Lake, of_feed: str = "synthea", month: str = f"{NOW:%Y-%m}", run_after: datetime = NOW) -> Any:
    operator = WriteFeedReportsOperator(
        task_id="t", settings=lake.settings.to_json(), feed="feed_reports", of_feed=of_feed, month=month
    )
    context: Any = {"run_id": "1", "dag_run": SimpleNamespace(run_after=run_after)}
    return operator.step(context)


def test_a_report_is_written_at_the_documented_key_and_sent_once(lake: Lake) -> None:
    Gate(lake, {"a.csv": "promote", "b.csv": "quarantine"}).over()
    low = lake.messages_of(lake.settings.low_topic_arn)
    key = f"_reports/synthea/{NOW:%Y-%m}.html"
    assert write(lake) == write(lake) == [f"s3://{lake.bronze}/{key}"]
    text = parse(lake.read(lake.bronze, key)).text
    assert "2 files in 1 run: 1 quarantined 1 promoted" in text
    (message,) = low()
    assert f"Report: s3://{lake.bronze}/{key}" in message["Message"]


def test_without_a_feed_and_a_month_it_is_all_feeds_and_the_month_before(lake: Lake) -> None:
    written = write(lake, "*", "", datetime(2026, 1, 1, 7, tzinfo=UTC))
    assert written == [f"s3://{lake.bronze}/{report_of(name, '2025-12')}" for name in FEEDS]
    assert "No run began in this month." in parse(lake.read(lake.bronze, report_of("synthea", "2025-12"))).text


@pytest.mark.parametrize(("of_feed", "month"), [("nothing", "2026-11"), ("synthea", "2026-13"), ("synthea", "../x")])
def test_a_wrong_feed_or_month_writes_nothing(lake: Lake, of_feed: str, month: str) -> None:
    with pytest.raises(ReportParamsError):
        write(lake, of_feed, month)
    assert lake.keys(lake.bronze) == []


def test_a_topic_that_fails_keeps_no_report_from_being_written(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(topic: Topic, *_: object, **__: object) -> str:
        raise NoticeRefusedError(topic.arn, "NotFound")

    monkeypatch.setattr(Topic, "publish", refuse)
    with pytest.raises(NoticeRefusedError):
        write(lake, "*")
    assert len(lake.keys(lake.bronze, "_reports/")) == len(FEEDS)
