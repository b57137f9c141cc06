"""The data identifiers: a catalogue of the managed ones, the type and the dialect of the custom ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from localaws.macie2.identifiers import credentials, financial, health, personal
from localaws.macie2.identifiers.dialect import RegexError, validate_regex
from localaws.macie2.identifiers.matching import count_matches
from localaws.macie2.identifiers.model import Bands, CustomIdentifier, ManagedIdentifier, SeverityLevel

CATALOGUE: Mapping[str, ManagedIdentifier] = MappingProxyType(
    {
        entry.id: entry
        for entry in sorted(
            (*credentials.ENTRIES, *financial.ENTRIES, *health.ENTRIES, *personal.ENTRIES), key=lambda entry: entry.id
        )
    }
)

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
