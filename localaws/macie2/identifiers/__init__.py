"""The data identifiers: a catalogue of the managed ones, the type and the dialect of the custom ones."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.macie2.identifiers.dialect import RegexError, validate_regex
from localaws.macie2.identifiers.differences import DIFFERENCES
from localaws.macie2.identifiers.loader import CatalogueError, load_catalogue
from localaws.macie2.identifiers.matching import count_matches
from localaws.macie2.identifiers.model import Bands, CustomIdentifier, ManagedIdentifier, SeverityLevel

CATALOGUE: Mapping[str, ManagedIdentifier] = load_catalogue()

__all__ = [
    "CATALOGUE",
    "DIFFERENCES",
    "Bands",
    "CatalogueError",
    "CustomIdentifier",
    "ManagedIdentifier",
    "RegexError",
    "SeverityLevel",
    "count_matches",
    "validate_regex",
]
