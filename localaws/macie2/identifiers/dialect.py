"""The regular expressions that Macie accepts in a custom data identifier."""

from __future__ import annotations


class RegexError(ValueError):
    """The expression is outside the dialect; the message says what is not supported."""


def validate_regex(regex: str) -> None:
    """Raise RegexError unless Macie would accept the expression."""
    raise NotImplementedError
