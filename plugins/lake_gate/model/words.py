"""Numbers in sentences of logs and messages. Pure."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 file``, ``2,000 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def usd(amount: float) -> str:
    """Return an amount of money: ``less than 0.01 USD`` instead of a zero that was rounded."""
    return f"{amount:,.2f} USD" if amount >= _LEAST_USD else "less than 0.01 USD"


_LEAST_USD = 0.005
