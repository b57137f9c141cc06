"""Sending: each message once, and all messages although one topic fails."""

from __future__ import annotations

import pytest

from lake_gate.errors import NoticeNotSentError, NoticeRefusedError
from lake_gate.notifications.receipts import Receipts
from lake_gate.notifications.sending import send_once, try_all
from tests.lake import Lake
from tests.lake_gate.notifications.test_operators import NOTICE
from tests.lake_gate.steps import RUN


def test_any_dag_can_send_a_message_once(lake: Lake) -> None:
    received = lake.messages_of(lake.settings.high_topic_arn)
    receipts = Receipts(lake.s3, lake.bronze, RUN)
    sent = [
        send_once(NOTICE, kind=kind, topic_arn=lake.settings.high_topic_arn, receipts=receipts)
        for kind in ("overdue", "overdue", "digest")
    ]
    assert sent[0] == sent[1] != sent[2]
    assert len(received()) == 2


def test_all_messages_are_tried_and_a_failure_that_a_retry_may_help_is_raised() -> None:
    tried: list[str] = []

    def send(name: str, error: Exception | None = None) -> str:
        tried.append(name)
        if error:
            raise error
        return name

    refused, not_sent = NoticeRefusedError("topic", "NotFound"), NoticeNotSentError("topic", "Throttled")
    with pytest.raises(NoticeNotSentError):
        try_all(lambda: send("a", refused), lambda: send("b"), lambda: send("c", not_sent))
    assert tried == ["a", "b", "c"]
