"""Helpers that reconcile an account in the tests."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from macie.account import Account, Change
from macie.hook import MacieHook
from macie.translation import translated_errors

MANAGER = "us"


class BrokenOffError(Exception):
    """Stands for the end of the process."""


def broken_off(by: Callable[..., Iterator[Change]], *wanted: Any, after_calls: int) -> bool:
    """Make the changes in a process that ends after some responses of Macie; return whether it ended early."""
    hook = MacieHook()
    left = itertools.count(after_calls, -1)

    def end(**_: Any) -> None:
        if next(left) == 1:
            raise BrokenOffError

    hook.client.meta.events.register("response-received.macie2", end)
    try:
        list(by(Account(hook, is_dry_run=False, managed_by=MANAGER), *wanted))
    except BrokenOffError:
        return True
    return False


def reconciled(by: Callable[..., Iterator[Change]], *wanted: Any, is_dry_run: bool = False) -> list[Change]:
    """Make the changes and return them; in a dry run, return those that would be made."""
    account = Account(_hook(os.environ["AWS_ENDPOINT_URL"]), is_dry_run=is_dry_run, managed_by=MANAGER)
    with translated_errors():
        return list(by(account, *wanted))


@cache
def _hook(endpoint_url: str) -> MacieHook:
    """Return a hook for the AWS of the environment; cached, because creating a client takes longer than most tests."""
    return MacieHook()


def planned_and_made(by: Callable[..., Iterator[Change]], *wanted: Any) -> list[tuple[str, str]]:
    """Make the changes, check that a dry run plans the same, and return name and action of each."""
    planned, made = reconciled(by, *wanted, is_dry_run=True), reconciled(by, *wanted)
    assert actions_of(planned) == actions_of(made)
    return actions_of(made)


def actions_of(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change["name"], change["action"]) for change in changes]
