"""Identifiers with their severities: managed ones from the catalogue, custom ones from the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


def words(text: str) -> tuple[str, ...]:
    """Split a table of words."""
    return tuple(text.split())


class Category(StrEnum):
    """Category of a managed data identifier (shape SensitiveDataItemCategory of the API)."""

    CREDENTIALS = "CREDENTIALS"
    FINANCIAL_INFORMATION = "FINANCIAL_INFORMATION"
    PERSONAL_INFORMATION = "PERSONAL_INFORMATION"


class Severity(StrEnum):
    """Severity of a finding, least first (shape SeverityDescription of the API)."""

    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"

    @property
    def score(self) -> int:
        """1 for Low, 2 for Medium, 3 for High."""
        return list(Severity).index(self) + 1


@dataclass(frozen=True, slots=True)
class SeverityLevel:
    """From how many occurrences on a custom identifier's detection has a severity."""

    occurrences_threshold: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class CustomIdentifier:
    """A custom data identifier as the API accepted it.

    :param id: its UUID, which is also the ``identifier`` of its detections.
    :param regex: in the dialect of :mod:`localaws.macie2.identifiers.dialect`, accepted by ``validate_regex``.
    :param keywords: one of them must be in the column name, or precede the match in its cell; empty: regex alone.
    :param ignore_words: a match that contains one of them (case-sensitive) does not count.
    :param maximum_match_distance: characters between the end of a keyword and the end of the match.
    :param severity_levels: none: Medium from the first occurrence on.
    """

    id: str
    name: str
    regex: str
    keywords: tuple[str, ...] = ()
    ignore_words: tuple[str, ...] = ()
    maximum_match_distance: int = 50
    severity_levels: tuple[SeverityLevel, ...] = ()

    def severity_of(self, count: int) -> Severity | None:
        """Return the severity of that many occurrences, None below the lowest threshold."""
        levels = self.severity_levels or (SeverityLevel(1, Severity.MEDIUM),)
        reached = [level for level in levels if count >= max(1, level.occurrences_threshold)]
        return max(reached, key=lambda level: level.occurrences_threshold).severity if reached else None


@dataclass(frozen=True, slots=True)
class Bands:
    """Severity of 1, of 2 to 99 and of 100 or more occurrences of a managed identifier.

    Source: https://docs.aws.amazon.com/macie/latest/user/findings-severity.html
    """

    single: Severity
    some: Severity
    many: Severity

    def severity_of(self, count: int) -> Severity:
        """Return the severity of that many occurrences (1 or more)."""
        if count >= 100:
            return self.many
        return self.some if count > 1 else self.single


@dataclass(frozen=True, slots=True)
class ManagedIdentifier:
    """One entry of the catalogue.

    :param id: as the API spells it (``USA_PASSPORT_NUMBER``).
    :param keywords: one of them must be near; only read when there is a pattern.
    :param pattern: what a match looks like; None: listed by the API, found by nothing here (unless ``row_rule``).
    :param unkeyed_pattern: what a match looks like when no keyword is near; None: a keyword is needed.
    :param check: the validator a matched text must also pass.
    :param prefilter: a cheap expression that every text with a match of ``unkeyed_pattern`` matches too. Entries share
        the very same text where they can, so that it is looked for once; always there with ``unkeyed_pattern``.
    :param row_rule: found by a rule over whole rows instead of a pattern (``NAME``, ``ADDRESS``).
    :param is_container: what is found inside of a match counts too.
    :param recommended: member of the set that the selector RECOMMENDED stands for.
    :param rule: the parts that AWS does not document.
    """

    id: str
    category: Category
    recommended: bool
    severity: Bands
    keywords: tuple[str, ...] = ()
    pattern: str | None = None
    unkeyed_pattern: str | None = None
    check: Callable[[str], bool] | None = None
    row_rule: str | None = None
    source: str = ""
    rule: str = ""
    prefilter: str | None = None
    is_container: bool = False

    @property
    def is_implemented(self) -> bool:
        """Whether a scan can find the identifier."""
        return bool(self.pattern or self.unkeyed_pattern or self.row_rule)
