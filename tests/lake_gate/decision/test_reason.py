"""Reasons in words."""

from __future__ import annotations

from lake_gate.decision.reason import Reason


def test_every_reason_has_a_name_and_a_text_of_its_own() -> None:
    assert len({reason.text for reason in Reason}) == len(Reason)
    assert all(reason.value == reason and " " not in reason for reason in Reason)
    assert all(reason.text[0].isalpha() and not reason.text.endswith(".") for reason in Reason)
    assert Reason("clean") is Reason.CLEAN  # type: ignore[call-arg]
