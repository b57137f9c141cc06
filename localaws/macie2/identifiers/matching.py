"""One identifier against texts: which of them match, and how often.

A *probe* is an identifier made ready: it filters a column's distinct values inside polars and looks at the survivors
one by one with RE2, both in linear time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import lru_cache

import polars as pl

from localaws.macie2.detection.result import Category, Severity
from localaws.macie2.identifiers.dialect import Regex, compile_regex, compile_trusted
from localaws.macie2.identifiers.keywords import KeywordPlaces, keyword_regex
from localaws.macie2.identifiers.model import CustomIdentifier, ManagedIdentifier

# Source: https://docs.aws.amazon.com/macie/latest/user/managed-data-identifiers-keywords.html
PROXIMITY = 30
# Up to here looking at the values one by one is faster than what polars needs to begin (0.3 ms, and to compile again).
_FEW = 100


class Probe(ABC):
    """An identifier that is found value by value."""

    id: str
    category: Category | None
    keyword: Regex | None

    @property
    def needs_keyword(self) -> bool:
        """Whether it is found nowhere without a keyword."""
        return self.keyword is not None

    @abstractmethod
    def severity_of(self, count: int) -> Severity | None:
        """Return the severity of that many occurrences, None for no detection."""

    @abstractmethod
    def count_gated(self, values: pl.Series) -> dict[str, int]:
        """Count the matches in distinct values of a column whose name holds a keyword (or none is needed)."""

    @abstractmethod
    def count_ungated(self, values: pl.Series) -> dict[str, int]:
        """Count the matches in distinct values of any other column."""


def having(values: pl.Series, regex: Regex) -> pl.Series:
    """Return the values in which the expression matches."""
    if len(values) <= _FEW:
        search = regex.re2.search
        return pl.Series([value for value in values if search(value)], dtype=pl.String)
    return values.filter(values.str.contains(regex.rust))


def counted(values: pl.Series, count: pl.Series) -> dict[str, int]:
    """Return the values whose count is not zero."""
    hit = count > 0
    return dict(zip(values.filter(hit), count.filter(hit), strict=True))


class ManagedProbe(Probe):
    """A managed identifier with a pattern."""

    def __init__(self, identifier: ManagedIdentifier) -> None:
        self.id = identifier.id
        self.category = identifier.category
        self.keyword = keyword_regex(identifier.keywords)
        self._severity = identifier.severity
        self._check = identifier.check
        self._keyed = compile_trusted(identifier.pattern) if identifier.pattern else None
        self._unkeyed = compile_trusted(identifier.unkeyed_pattern) if identifier.unkeyed_pattern else None

    @property
    def needs_keyword(self) -> bool:
        return self._unkeyed is None

    def severity_of(self, count: int) -> Severity:
        return self._severity.severity_of(count)

    def count_gated(self, values: pl.Series) -> dict[str, int]:
        if self._keyed is None:
            return {}
        regex = self._keyed
        counts = ((value, sum(1 for _ in self._spans(regex, value))) for value in having(values, regex))
        return {value: count for value, count in counts if count}

    def count_ungated(self, values: pl.Series) -> dict[str, int]:
        candidates = pl.Series(dtype=pl.String)
        if self._keyed is not None and self.keyword is not None:
            candidates = having(having(values, self.keyword), self._keyed)
        if self._unkeyed is not None:
            candidates = pl.concat([candidates, having(values, self._unkeyed)]).unique()
        counts = ((value, self._count_near(value)) for value in candidates)
        return {value: count for value, count in counts if count}

    def _count_near(self, value: str) -> int:
        places = KeywordPlaces.find(self.keyword, value) if self.keyword else KeywordPlaces((), ())
        count = 0
        for regex, has_keyword in ((self._keyed, True), (self._unkeyed, False)):
            if regex is not None:
                spans = self._spans(regex, value)
                count += sum(places.is_near(start, end, PROXIMITY) is has_keyword for start, end in spans)
        return count

    def _spans(self, regex: Regex, value: str) -> Iterator[tuple[int, int]]:
        for match in regex.re2.finditer(value):
            start, end = match.span()
            if stands_alone(value, start, end) and (self._check is None or self._check(match.group())):
                yield start, end


def stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a span is no part of a longer number: no ``12.`` or ``12-`` before, no ``.12`` or ``-12`` behind."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    is_continued = len(before) == 2 and before[1] in ".-" and before[0].isalnum() and text[start].isalnum()
    return not is_continued and not (len(after) == 2 and after[0] in ".-" and after[1].isdigit())


class CustomProbe(Probe):
    """A custom identifier; it is applied to cells, never across them."""

    category = None

    def __init__(self, identifier: CustomIdentifier) -> None:
        self.id = identifier.id
        self.keyword = keyword_regex(identifier.keywords)
        self._identifier = identifier
        self._regex = compile_regex(identifier.regex)
        self._ignored = tuple(word for word in identifier.ignore_words if word)
        self._distance = identifier.maximum_match_distance

    def severity_of(self, count: int) -> Severity | None:
        return self._identifier.severity_of(count)

    def count_gated(self, values: pl.Series) -> dict[str, int]:
        hits = having(values, self._regex)
        if self._ignored or self._regex.may_match_nothing:
            counts = ((value, sum(1 for _ in self._spans(value))) for value in hits)
            return {value: count for value, count in counts if count}
        return counted(hits, hits.str.count_matches(self._regex.rust))

    def count_ungated(self, values: pl.Series) -> dict[str, int]:
        if self.keyword is None:
            return self.count_gated(values)
        counts = ((value, self.count_in(value)) for value in having(having(values, self.keyword), self._regex))
        return {value: count for value, count in counts if count}

    def count_in(self, text: str) -> int:
        """Count the matches in a text whose keywords must be in the text itself."""
        if self.keyword is None:
            return sum(1 for _ in self._spans(text))
        places = KeywordPlaces.find(self.keyword, text)
        return sum(places.precedes(start, end, self._distance) for start, end in self._spans(text))

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        for match in self._regex.re2.finditer(text):
            start, end = match.span()
            if start < end and not any(word in match.group() for word in self._ignored):
                yield start, end


@lru_cache(maxsize=256)
def _probe(identifier: CustomIdentifier) -> CustomProbe:
    return CustomProbe(identifier)


def count_matches(identifier: CustomIdentifier, text: str) -> int:
    """Count the identifier's matches in running text, where keywords must precede them (TestCustomDataIdentifier).

    :raises RegexError: when its expression is outside the dialect.
    """
    return _probe(identifier).count_in(text)
