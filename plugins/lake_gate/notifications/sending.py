"""Functions that send messages, each once: they are shared by all DAGs."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from itertools import batched
from typing import Any

from lake_gate.errors import NoticeNotSentError, NoticeRefusedError
from lake_gate.model.evidence import FindingSummary
from lake_gate.model.words import counted
from lake_gate.notifications.finding_notices import notice_of
from lake_gate.notifications.message import Notice
from lake_gate.notifications.receipts import Receipts
from lake_gate.notifications.topics import BATCH, Topic

log = logging.getLogger(__name__)

_EACH = "findings"
"""Kind of the messages about single findings; the receipts of their batches are stored below it."""


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


def send_findings(
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


def try_all(*sends: Callable[[], Any]) -> list[Any]:
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
