"""Messages to other services."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from localaws.macie2.dials import state_lock
from localaws.macie2.outbox import Outbox
from tests.localaws.waiting import DEADLINE_SECONDS, until

type Post = Callable[[Callable[[list[Any]], None]], None]


@pytest.fixture
def outbox() -> Outbox:
    return Outbox("account", "region")


@pytest.fixture
def sent() -> list[Any]:
    """What the service has got."""
    return []


@pytest.fixture
def post(outbox: Outbox, sent: list[Any]) -> Post:
    return lambda letter: outbox.post({"account": {"region": sent}}, letter)


def test_letters_are_sent_in_order_and_without_the_lock_of_who_posts(post: Post, sent: list[Any]) -> None:
    with state_lock:
        for number in range(100):
            post(lambda service, number=number: service.append(number))  # type: ignore[misc]
        assert sent == []
    until(lambda: len(sent) == 100, "all letters to be sent")
    assert sent == list(range(100))


def test_a_letter_that_cannot_be_sent_holds_up_no_other(
    post: Post, sent: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: list[Any]) -> None:
        message = "999-12-3456"
        raise RuntimeError(message)

    post(fail)
    post(lambda service: service.append("next"))
    until(lambda: sent == ["next"], "the next letter")
    assert "RuntimeError" in caplog.text
    assert "999-12-3456" not in caplog.text


def test_a_closed_outbox_sends_neither_what_it_has_nor_what_is_posted(
    outbox: Outbox, post: Post, sent: list[Any]
) -> None:
    with state_lock:
        post(lambda service: service.append("first"))
        outbox.close()
    post(lambda service: service.append("second"))
    until(lambda: not outbox.is_sending, "the outbox to be done")
    assert sent == []


def test_a_letter_is_not_sent_to_what_there_is_after_the_reset_that_held_it_up(outbox: Outbox, sent: list[Any]) -> None:
    is_looked_for, is_reset = threading.Event(), threading.Event()

    class Backends(dict[str, dict[str, list[Any]]]):
        """As those of moto: they are not given out while it resets them."""

        def __getitem__(self, account_id: str) -> dict[str, list[Any]]:
            is_looked_for.set()
            assert is_reset.wait(timeout=DEADLINE_SECONDS)
            return {"region": sent}

    outbox.post(Backends(), lambda service: service.append("old"))
    assert is_looked_for.wait(timeout=DEADLINE_SECONDS)
    outbox.close()
    is_reset.set()
    until(lambda: not outbox.is_sending, "the outbox to be done")
    assert sent == []
