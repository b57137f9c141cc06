"""How the tests let an account be made to match."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from macie.account import Account, Change
from macie.hook import MacieHook
from macie.translation import translated_errors

US = "us"


class BrokenOffError(Exception):
    """The process ended here."""


def broken_off(by: Callable[..., Iterator[Change]], *wanted: Any, after_calls: int) -> bool:
    """Make the changes in a process that ends after so many answers of Macie; return whether it came to that."""
    hook = MacieHook()
    left = itertools.count(after_calls, -1)

    def end(**_: Any) -> None:
        if next(left) == 1:
            raise BrokenOffError

    hook.client.meta.events.register("response-received.macie2", end)
    try:
        list(by(Account(hook, is_dry_run=False, managed_by=US), *wanted))
    except BrokenOffError:
        return True
    return False


def reconciled(by: Callable[..., Iterator[Change]], *wanted: Any, is_dry_run: bool = False) -> list[Change]:
    """Return the changes that were made, or in a dry run those that would be."""
    account = Account(_hook(os.environ["AWS_ENDPOINT_URL"]), is_dry_run=is_dry_run, managed_by=US)
    with translated_errors():
        return list(by(account, *wanted))


@cache
def _hook(endpoint_url: str) -> MacieHook:
    """Return a hook for the AWS of the environment; to make a client takes longer than most of these tests."""
    return MacieHook()


def planned_and_made(by: Callable[..., Iterator[Change]], *wanted: Any) -> list[tuple[str, str]]:
    """Plan, then make, check that both say the same, and return name and action of each change."""
    planned, made = reconciled(by, *wanted, is_dry_run=True), reconciled(by, *wanted)
    assert said(planned) == said(made)
    return said(made)


def said(changes: list[Change]) -> list[tuple[str, str]]:
    return [(one["name"], one["action"]) for one in changes]
