"""The operator and the functions that send the notifications about a run, each message once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any

from lake_gate.base import GateOperator
from lake_gate.decision.basis import iter_pinned, read_basis
from lake_gate.errors import NoticeNotSentError, NoticeRefusedError
from lake_gate.ledger.book import heads
from lake_gate.links import run_on_page
from lake_gate.model.evidence import FindingSummary, Severity
from lake_gate.model.kept import without_values
from lake_gate.model.run import FINDINGS, RECORD, RUN_REPORT, Run
from lake_gate.model.words import counted
from lake_gate.notifications.digest import digest, strictest_outcome
from lake_gate.notifications.finding_notices import most_severe, notice_of
from lake_gate.notifications.message import Notice
from lake_gate.notifications.receipts import Receipts
from lake_gate.notifications.topics import BATCH, Topic
from lake_gate.recording.entries import iter_entries, read_record
from lake_gate.recording.record import worst_severity
from lake_gate.runs_index import upsert
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

_EACH = "findings"
"""Kind of the messages about single findings; the receipts of their batches are stored below it."""


class NotifyOperator(GateOperator):
    """Send one message about the run: to the high topic if its worst severity is High, else to the low topic.

    A dry run moves nothing, so its messages go to the low topic.

    A retry sends the message again only if the outcome of the run has changed. Returns the id of the message. An
    error of a topic fails the task after all other messages were sent; it does not affect the files.

    :param messages: ``digest``, or ``each finding`` to also send a message for each finding of the run, to the topic of
        its severity.
    """

    def __init__(self, *, messages: str = "digest", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.messages = messages

    def step(self, context: Context) -> str:
        """Read the record, and publish its digest and the findings."""
        settings, run = self.lake_settings, self.run_of(context)
        key = run.document(RECORD)
        record = read_record(self.s3, settings.bronze_bucket, run, "run", "totals", "rules", "job")
        findings, unsent = most_severe(self._findings(run)) if self.messages == "each finding" else ([], 0)
        objects, uri = iter_entries(self.s3, settings.bronze_bucket, run), f"s3://{settings.bronze_bucket}/{key}"
        page_url = run_on_page(record["run"].get("dag_id", ""), record["run"]["run_id"])
        links = {"page_url": page_url, "report_uri": self._report_uri(run)}
        ledger_heads = heads(self.s3, settings.ledger, [run.feed])
        notice = digest(record, objects, uri, unsent=unsent, heads=ledger_heads, **links)
        is_high = worst_severity(record) is Severity.HIGH
        if record["dry_run"]:
            self.log.info("Dry run: all its messages go to the low topic, whatever was found")
        receipts = Receipts(self.s3, settings.bronze_bucket, run)
        send: dict[str, Any] = {"receipts": receipts, "aws_conn_id": self.aws_conn_id}
        low = {"topic_arn": settings.low_topic_arn, **send}
        high = low if record["dry_run"] else {"topic_arn": settings.high_topic_arn, **send}
        message_id, *_ = _try_all(
            partial(send_once, notice, kind=f"digest-{strictest_outcome(record)}", **(high if is_high else low)),
            partial(_send_findings, [finding for finding in findings if finding.is_high], record["dry_run"], **high),
            partial(_send_findings, [finding for finding in findings if not finding.is_high], record["dry_run"], **low),
        )
        upsert(self.s3, settings.bronze_bucket, run, messages=[str(message_id)])
        return str(message_id)

    def _report_uri(self, run: Run) -> str | None:
        """Return the address of the run's report; None without one."""
        bronze, key = self.lake_settings.bronze_bucket, run.document(RUN_REPORT)
        return f"s3://{bronze}/{key}" if head_version(self.s3, bronze, key) else None

    def _findings(self, run: Run) -> Iterator[dict[str, Any]]:
        """Yield the findings on which the run has decided; none for an empty delivery."""
        bronze = self.lake_settings.bronze_bucket
        return map(without_values, iter_pinned(self.s3, bronze, run, read_basis(self.s3, bronze, run), FINDINGS))


def send_once(
    notice: Notice, *, kind: str, topic_arn: str, receipts: Receipts, aws_conn_id: str | None = "aws_default"
) -> str:
    """Send a message, unless its receipt shows that SNS has accepted it; return its id.

    :param kind: kind of the message within the run: the name of its receipt.
    :param topic_arn: SNS topic, standard or FIFO.
    :raises NoticeNotSentError: when SNS fails and a retry may succeed; the receipt has the code and the time.
    :raises NoticeRefusedError: when SNS fails and a retry does not help; the receipt has the code and the time.
    """
    before = receipts.get(kind)
    if before.sent_at:
        log.info("Skipped %s: sent at %s", kind, before.sent_at)
        return before.message_id
    try:
        topic = Topic(topic_arn, receipts.run.feed, aws_conn_id)
        message_id = topic.publish(notice, once=receipts.run.document(kind))
    except (NoticeNotSentError, NoticeRefusedError) as error:
        receipts.write_failure(before, topic_arn, error.code)
        raise
    receipts.write_sent(before, topic_arn, message_id)
    log.info("Sent %s to %s, message %s", kind, topic_arn, message_id)
    return message_id


def _send_findings(
    findings: Sequence[FindingSummary], dry_run: bool, *, topic_arn: str, receipts: Receipts, aws_conn_id: str | None
) -> None:
    """Send a message for each finding that has none, in batches with a receipt each."""
    accepted_in_all = 0
    if not findings:
        return
    sent = {finding_id for receipt in receipts.iter_sent(f"{_EACH}/") for finding_id in receipt.about}
    topic = Topic(topic_arn, receipts.run.feed, aws_conn_id)
    codes: list[str] = []
    try:
        for batch in batched((finding for finding in findings if finding.finding_id not in sent), BATCH):
            feed = receipts.run.feed
            notices = {finding.finding_id: notice_of(finding, feed, dry_run=dry_run) for finding in batch}
            accepted, failed = topic.publish_batch(notices)
            codes += failed
            accepted_in_all += len(accepted)
            if accepted:
                name = hashlib.sha256("\n".join(accepted).encode()).hexdigest()[:16]
                receipts.write_sent(receipts.get(f"{_EACH}/{name}"), topic_arn, about=accepted)
        dry = " of the dry run" if dry_run else ""
        log.info("Sent %s about single findings%s to %s", counted(accepted_in_all, "message"), dry, topic_arn)
        if codes:
            raise topic.error(codes[0])
    except (NoticeNotSentError, NoticeRefusedError) as error:
        receipts.write_failure(receipts.get(_EACH), topic_arn, error.code)
        raise


def _try_all(*sends: Callable[[], Any]) -> list[Any]:
    """Call all functions, also after an error of one of them: the topics fail independently.

    :raises NoticeNotSentError: when a call failed and a retry may succeed.
    :raises NoticeRefusedError: when calls failed, and a retry helps none of them.
    """
    results: list[Any] = []
    failed: list[NoticeNotSentError | NoticeRefusedError] = []
    for send in sends:
        try:
            results.append(send())
        except (NoticeNotSentError, NoticeRefusedError) as error:
            failed.append(error)
    if failed:
        raise min(failed, key=lambda error: isinstance(error, NoticeRefusedError))
    return results
