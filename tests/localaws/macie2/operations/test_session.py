"""Sessions as in moto; as in Macie they are in :mod:`tests.localaws.macie2.test_models`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.conftest import error_of


def test_macie_is_enabled_from_the_start_when_it_shall_be_as_in_moto(
    turn: Callable[..., None], client: Callable[..., Any]
) -> None:
    turn(as_moto=True)
    macie = client("macie2")
    assert macie.get_macie_session()["status"] == "ENABLED"
    macie.enable_macie(findingPublishingFrequency="ONE_HOUR")
    assert macie.get_macie_session()["findingPublishingFrequency"] == "ONE_HOUR"
    macie.disable_macie()
    assert error_of(macie.get_macie_session)[:2] == ("ResourceNotFoundException", 404)
    assert macie.list_members()["members"] == []
