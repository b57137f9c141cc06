"""Driving licences of which more than the shape is known."""

from __future__ import annotations

from localaws.macie2.identifiers.checks.digits import digits_of


def is_german_licence(text: str) -> bool:
    """At least one letter: eleven digits alone are a tax number."""
    return any(char.isalpha() for char in text)


def is_british_licence(text: str) -> bool:
    """The surname fills five characters, with nines at its end."""
    number = digits_of(text)
    return len(number) in (16, 18) and number[5:6].isdigit()
