"""Managed identifiers, export configuration and findings through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.conftest import error_of
from tests.localaws.macie2.test_responses import NOT_ENABLED


def _pages(client: Any, operation: str, key: str, **parameters: Any) -> list[list[Any]]:
    return [part[key] for part in client.get_paginator(operation).paginate(**parameters)]


def test_accounts_and_regions_are_kept_apart(
    macie: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    elsewhere = client("macie2", region="eu-west-1")
    other = client("macie2", **other_account("111122223333"))
    assert error_of(elsewhere.get_macie_session) == NOT_ENABLED
    assert error_of(other.get_macie_session) == NOT_ENABLED
    assert macie.get_macie_session()["status"] == "ENABLED"
