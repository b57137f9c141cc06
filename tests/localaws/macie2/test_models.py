"""The backend: accounts and Regions are kept apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.conftest import error_of
from tests.localaws.macie2.test_responses import NOT_ENABLED


def test_accounts_and_regions_are_kept_apart(
    macie: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    elsewhere = client("macie2", region="eu-west-1")
    other = client("macie2", **other_account("111122223333"))
    assert error_of(elsewhere.get_macie_session) == NOT_ENABLED
    assert error_of(other.get_macie_session) == NOT_ENABLED
    assert macie.get_macie_session()["status"] == "ENABLED"
