"""Tells people what a run has done, each message once."""

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
from lake_gate.model.evidence import FindingSummary, Severity
from lake_gate.model.kept import without_values
from lake_gate.model.run import FINDINGS, RECORD, Run
from lake_gate.notifications.digest import digest, outcome
from lake_gate.notifications.finding_notices import most_severe, notice_of
from lake_gate.notifications.message import Notice
from lake_gate.notifications.receipts import Receipts
from lake_gate.notifications.topics import BATCH, Topic
from lake_gate.recording.entries import iter_entries, read_record
from lake_gate.recording.record import worst_severity

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

_EACH = "findings"
"""Kind of the messages about one finding each; their batches have receipts below it."""


class NotifyOperator(GateOperator):
    """Send one message about the run: to the High topic when something is High, to the other one else.

    It is sent once for a run and what came out of it, also when the task is run again. Returns the id of the message.
    A topic that fails makes the task fail, after everything else was sent; it changes nothing about the files.

    :param messages: ``digest``, or ``each finding``: besides, one message for each finding of the run, to the topic of
        its severity.
    """

    def __init__(self, *, messages: str = "digest", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.messages = messages

    def step(self, context: Context) -> str:
        """Read the record and publish its digest, and the findings."""
        settings, run = self.lake_settings, self.run_of(context)
        key = run.document(RECORD)
        record = read_record(self.s3, settings.bronze_bucket, run, "run", "totals", "rules", "job")
        findings, not_told = most_severe(self._findings(run)) if self.messages == "each finding" else ([], 0)
        objects, uri = iter_entries(self.s3, settings.bronze_bucket, run), f"s3://{settings.bronze_bucket}/{key}"
        notice = digest(record, objects, uri, not_told=not_told)
        is_high = worst_severity(record) is Severity.HIGH
        receipts = Receipts(self.s3, settings.bronze_bucket, run)
        send: dict[str, Any] = {"receipts": receipts, "aws_conn_id": self.aws_conn_id}
        high = {"topic_arn": settings.high_topic_arn, **send}
        low = {"topic_arn": settings.low_topic_arn, **send}
        message_id, *_ = _all_tried(
            partial(send_once, notice, kind=f"digest-{outcome(record)}", **(high if is_high else low)),
            partial(_send_findings, [one for one in findings if one.is_high], record["dry_run"], **high),
            partial(_send_findings, [one for one in findings if not one.is_high], record["dry_run"], **low),
        )
        return str(message_id)

    def _findings(self, run: Run) -> Iterator[dict[str, Any]]:
        """Yield the findings that the run has decided on; an empty delivery has none."""
        bronze = self.lake_settings.bronze_bucket
        return map(without_values, iter_pinned(self.s3, bronze, run, read_basis(self.s3, bronze, run), FINDINGS))


def send_once(
    notice: Notice, *, kind: str, topic_arn: str, receipts: Receipts, aws_conn_id: str | None = "aws_default"
) -> str:
    """Send a message unless its receipt says that it was sent; return its id.

    :param kind: which of the run's messages it is: the name of its receipt.
    :param topic_arn: SNS topic, standard or FIFO.
    :raises NoticeNotSentError: when the topic fails and a retry may help; the receipt keeps the code, and when.
    :raises NoticeRefusedError: when it does not help; the same.
    """
    before = receipts.get(kind)
    if before.sent_at:
        log.info("Not sent again: %s was sent at %s", kind, before.sent_at)
        return before.message_id
    try:
        topic = Topic(topic_arn, receipts.run.feed, aws_conn_id)
        message_id = topic.publish(notice, once=receipts.run.document(kind))
    except (NoticeNotSentError, NoticeRefusedError) as error:
        receipts.keep_failure(before, topic_arn, error.code)
        raise
    receipts.keep_sent(before, topic_arn, message_id)
    return message_id


def _send_findings(
    findings: Sequence[FindingSummary], dry_run: bool, *, topic_arn: str, receipts: Receipts, aws_conn_id: str | None
) -> None:
    """Send one message for each finding that has none yet, in batches, of which each has a receipt."""
    if not findings:
        return
    told = {finding_id for receipt in receipts.iter_sent(f"{_EACH}/") for finding_id in receipt.about}
    topic = Topic(topic_arn, receipts.run.feed, aws_conn_id)
    codes: list[str] = []
    try:
        for batch in batched((one for one in findings if one.finding_id not in told), BATCH):
            notices = {one.finding_id: notice_of(one, receipts.run.feed, dry_run=dry_run) for one in batch}
            taken, failed = topic.publish_batch(notices)
            codes += failed
            if taken:
                name = hashlib.sha256("\n".join(taken).encode()).hexdigest()[:16]
                receipts.keep_sent(receipts.get(f"{_EACH}/{name}"), topic_arn, about=taken)
        if codes:
            raise topic.error(codes[0])
    except (NoticeNotSentError, NoticeRefusedError) as error:
        receipts.keep_failure(receipts.get(_EACH), topic_arn, error.code)
        raise


def _all_tried(*sends: Callable[[], Any]) -> list[Any]:
    """Call all of them, also when one fails: one topic's trouble is not another one's.

    :raises NoticeNotSentError, NoticeRefusedError: of what failed; the first kind, if any: its retry helps.
    """
    done: list[Any] = []
    failed: list[NoticeNotSentError | NoticeRefusedError] = []
    for send in sends:
        try:
            done.append(send())
        except (NoticeNotSentError, NoticeRefusedError) as error:
            failed.append(error)
    if failed:
        raise min(failed, key=lambda error: isinstance(error, NoticeRefusedError))
    return done
