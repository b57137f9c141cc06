"""Numbers as people read them."""

from __future__ import annotations

import pytest

from lake_gate.model.words import counted, usd


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, "file"), "0 files"),
        ((1, "file"), "1 file"),
        ((2000, "file"), "2,000 files"),
        ((2, "entry", "entries"), "2 entries"),
        ((1, "entry", "entries"), "1 entry"),
    ],
)
def test_number_with_its_noun(arguments: tuple[int, str], text: str) -> None:
    assert counted(*arguments) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.0, "less than 0.01 USD"), (0.0049, "less than 0.01 USD"), (0.005, "0.01 USD"), (1234.5, "1,234.50 USD")],
)
def test_amount_of_money_is_never_a_rounded_zero(amount: float, text: str) -> None:
    assert usd(amount) == text


def test_amount_that_may_be_higher() -> None:
    assert [usd(amount, at_least=True) for amount in (0.001, 2)] == ["less than 0.01 USD", "at least 2.00 USD"]
