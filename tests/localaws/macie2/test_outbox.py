"""What Macie tells the other services."""

from __future__ import annotations

from typing import Any

import pytest

from localaws.macie2.dials import changed
from localaws.macie2.outbox import Outbox
from tests.localaws.waiting import until


def test_letters_are_sent_in_order_and_without_the_lock_of_who_posts() -> None:
    outbox, sent = Outbox(), list[Any]()
    with changed:
        for number in range(100):
            outbox.post(lambda number=number: sent.append(number))  # type: ignore[misc]
        assert sent == []
    until(lambda: len(sent) == 100, "all letters to be sent")
    assert sent == list(range(100))


def test_a_letter_that_cannot_be_sent_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    outbox, sent = Outbox(), list[Any]()

    def fail() -> None:
        message = "999-12-3456"
        raise RuntimeError(message)

    outbox.post(fail)
    outbox.post(lambda: sent.append("next"))
    until(lambda: sent == ["next"], "the next letter")
    assert "RuntimeError" in caplog.text
    assert "999-12-3456" not in caplog.text


def test_letters_that_were_not_sent_yet_are_forgotten_when_the_outbox_is_discarded() -> None:
    outbox, sent = Outbox(), list[Any]()
    with changed:
        outbox.post(lambda: sent.append("first"))
        outbox.discard()
    outbox.post(lambda: sent.append("second"))
    until(lambda: sent == ["second"], "the second letter")
