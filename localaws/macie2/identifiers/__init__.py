"""The data identifiers: a catalogue of the managed ones, the type and the dialect of the custom ones."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.macie2.identifiers.dialect import RegexError, validate_regex
from localaws.macie2.identifiers.model import Bands, CustomIdentifier, ManagedIdentifier, SeverityLevel

CATALOGUE: Mapping[str, ManagedIdentifier] = {}


def count_matches(identifier: CustomIdentifier, text: str) -> int:
    """Count the identifier's matches in running text (TestCustomDataIdentifier)."""
    raise NotImplementedError


__all__ = [
    "CATALOGUE",
    "Bands",
    "CustomIdentifier",
    "ManagedIdentifier",
    "RegexError",
    "SeverityLevel",
    "count_matches",
    "validate_regex",
]
