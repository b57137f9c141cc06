"""The operator that writes the reports of a month, and sends a message about each."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook

from lake_gate.base import GateOperator
from lake_gate.errors import NoticeNotSentError, NoticeRefusedError, ReportParamsError
from lake_gate.feed import Feed
from lake_gate.feed_reports.notice import notice
from lake_gate.feed_reports.period import Period
from lake_gate.feed_reports.reading import read_period
from lake_gate.include import read_feeds
from lake_gate.model.names import loggable
from lake_gate.model.run import report_of
from lake_gate.notifications.receipts import Receipts
from lake_gate.notifications.sending import send_once
from lake_gate.reports.rendering import render
from lake_gate.s3.documents import write_document
from lake_gate.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

ALL = "*"
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class WriteFeedReportsOperator(GateOperator):
    """Write the report of a month for each feed, and send one message about each to the feed's low topic.

    A topic that fails does not keep the other reports from being written. Returns the addresses of the reports.

    :param of_feed: name of a feed, or ``*`` for all (templated).
    :param month: ``2026-11``; empty: the month before that of the run (templated).
    """

    template_fields = (*GateOperator.template_fields, "of_feed", "month")

    def __init__(self, *, of_feed: str, month: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of_feed = of_feed
        self.month = month

    def step(self, context: Context) -> list[str]:
        """Write and send them, feed by feed.

        :raises ReportParamsError: when there is no such feed, or the month is not one.
        """
        month = self.month or _month_before(context["dag_run"].run_after)
        feeds = [feed for feed in read_feeds()[0] if self.of_feed in {ALL, feed.name}]
        if not feeds or not _MONTH.fullmatch(month):
            raise ReportParamsError(["feed: there is no such feed" if not feeds else "month: must be like 2026-11"])
        failed: list[NoticeNotSentError | NoticeRefusedError] = []
        uris = []
        for feed in feeds:
            period = self._read(feed, month)
            uris.append(self._write(period))
            self.log.info("Report of %s: %s", loggable(feed.name), uris[-1])
            try:
                self._send(context, feed, period, uris[-1])
            except (NoticeNotSentError, NoticeRefusedError) as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return uris

    def _read(self, feed: Feed, month: str) -> Period:
        ends_at = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC) + timedelta(days=32)
        until = min(ends_at.replace(day=1), datetime.now(UTC))
        bronze = self.lake_settings.bronze_bucket
        return read_period(self.s3, bronze, feed.name, month, until.isoformat(timespec="seconds"))

    def _write(self, period: Period) -> str:
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        content = render("period_report.html", period=period, made_at=made_at)
        return write_document(self.s3, self.lake_settings.bronze_bucket, report_of(period.feed, period.month), content)

    def _send(self, context: Context, feed: Feed, period: Period, uri: str) -> None:
        topics = {"low_topic_arn": feed.low_topic}
        settings = load_settings(SsmHook(aws_conn_id=self.aws_conn_id).conn, topics=topics)
        send_once(
            notice(period, uri),
            kind=f"report-{feed.name}-{period.month}",
            topic_arn=settings.low_topic_arn,
            receipts=Receipts(self.s3, self.lake_settings.bronze_bucket, self.run_of(context)),
            aws_conn_id=self.aws_conn_id,
        )


def _month_before(time: datetime) -> str:
    return f"{time.astimezone(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"
