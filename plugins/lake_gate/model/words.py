"""Numbers in sentences of logs and messages. Pure."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 file``, ``2,000 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


_LEAST_USD = 0.005


def usd(amount: float, *, at_least: bool = False) -> str:
    """Return an amount of money: ``less than 0.01 USD`` instead of a zero that was rounded.

    :param at_least: whether the real amount may be higher.
    """
    if amount < _LEAST_USD:
        return "less than 0.01 USD"
    return f"{'at least ' if at_least else ''}{amount:,.2f} USD"
