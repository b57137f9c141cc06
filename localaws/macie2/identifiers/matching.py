"""Matches of one identifier in one text.

A *probe* is an identifier made ready. It is *open* in a value whose column, or any element on whose path, is named for
it; elsewhere a keyword must stand in the text itself. RE2 looks for the matches, in linear time.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Container, Iterator
from functools import lru_cache

from localaws.macie2.identifiers.dialect import Regex, compile_regex, compile_trusted
from localaws.macie2.identifiers.keywords import KeywordPlaces, keyword_regex
from localaws.macie2.identifiers.model import Category, CustomIdentifier, ManagedIdentifier, Severity

# Source: https://docs.aws.amazon.com/macie/latest/user/managed-data-identifiers-keywords.html
PROXIMITY = 30
# In so many characters on each side of a match is the whole of a keyword that is near.
_AROUND = PROXIMITY + 100
# The beginning of a number of another country: its code, and no more groups than a number has before its last ones.
_ABROAD = re.compile(r"(?:\+|(?<!\d)00)[1-9]\d{0,2}(?:[ .\-/()\u00a0\u202f\u2011\u2013]{1,3}\d{1,5}){0,3}\D{0,3}\Z")
_LONGEST_ABROAD = 24
_MOST_DIGITS_ABROAD = 8


class Probe(ABC):
    """An identifier that is found text by text.

    :ivar keyed: what a match looks like where the probe is open or a keyword is near; None: nothing does.
    :ivar unkeyed: what a match looks like where no keyword is near; None: nothing does.
    :ivar sign: what every text with a match of ``unkeyed`` matches; the same for probes that look for the same shape.
    """

    id: str
    category: Category | None
    keywords: tuple[str, ...]
    keyed: Regex | None
    unkeyed: Regex | None
    sign: Regex | None

    @abstractmethod
    def severity_of(self, count: int) -> Severity | None:
        """Return the severity of that many occurrences, None for no detection."""

    @abstractmethod
    def spans(self, text: str, *, is_open: bool) -> Iterator[tuple[int, int]]:
        """Yield the spans of the matches in a text; in order, but for those without a keyword, which come last."""


class ManagedProbe(Probe):
    """A managed identifier with a pattern.

    :param allowed: texts that do not count as matches.
    """

    def __init__(self, identifier: ManagedIdentifier, allowed: Container[str] = ()) -> None:
        self.id = identifier.id
        self.category = identifier.category
        self.keywords = identifier.keywords
        self.keyed = compile_trusted(identifier.pattern) if identifier.pattern else None
        self.unkeyed = compile_trusted(identifier.unkeyed_pattern) if identifier.unkeyed_pattern else None
        self.sign = compile_trusted(identifier.prefilter) if identifier.prefilter else self.unkeyed
        self._keyword = keyword_regex(identifier.keywords)
        self._severity = identifier.severity
        self._check = identifier.check
        self._allowed = allowed
        self._is_phone = identifier.id.endswith("PHONE_NUMBER")

    def severity_of(self, count: int) -> Severity:
        return self._severity.severity_of(count)

    def spans(self, text: str, *, is_open: bool) -> Iterator[tuple[int, int]]:
        if is_open:
            yield from self._matches(self.keyed, text)
            return
        # The matches first: most texts have none, while a hostile text can be full of keywords.
        found = [list(self._matches(regex, text)) for regex in (self.keyed, self.unkeyed)]
        if any(found):
            places = KeywordPlaces.find(self._keyword, text) if self._keyword else KeywordPlaces((), ())
            for spans, needs_keyword in zip(found, (True, False), strict=True):
                yield from (span for span in spans if places.is_near(*span, PROXIMITY) is needs_keyword)

    def keyword_distance(self, text: str, start: int, end: int, *, is_open: bool) -> int | None:
        """Return how far a keyword is from a span of the text, 0 where the probe is open; None: none is near."""
        if is_open:
            return 0
        if self._keyword is None:
            return None
        first = max(0, start - _AROUND)
        places = KeywordPlaces.find(self._keyword, text[first : end + _AROUND])
        distance = places.distance(start - first, end - first)
        return distance if distance is not None and distance <= PROXIMITY else None

    def _matches(self, regex: Regex | None, text: str) -> Iterator[tuple[int, int]]:
        for match in regex.re2.finditer(text) if regex else ():
            start, end = match.span()
            if not stands_alone(text, start, end) or (self._is_phone and continues_abroad(text, start)):
                continue
            if self._counts(match.group()):
                yield start, end

    def _counts(self, matched: str) -> bool:
        return (self._check is None or self._check(matched)) and matched not in self._allowed


def stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether a span is not part of a longer number (``12.`` or ``12-`` before, ``.12`` or ``-12`` behind)."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    is_continued = len(before) == 2 and before[1] in ".-" and before[0].isalnum() and text[start].isalnum()
    return not is_continued and not (len(after) == 2 and after[0] in ".-" and after[1].isdigit())


def continues_abroad(text: str, start: int) -> bool:
    """Return whether a phone number is the end of one that begins with a country code, which decides the country."""
    if text[max(0, start - 1) : start] == "+":
        return True
    before = _ABROAD.search(text, max(0, start - _LONGEST_ABROAD), start)
    return before is not None and sum(map(str.isdigit, before.group())) <= _MOST_DIGITS_ABROAD


class CustomProbe(Probe):
    """A custom identifier; it is applied to values, never across them.

    :param allowed: texts that do not count as matches.
    """

    category = None
    unkeyed = None
    sign = None

    def __init__(self, identifier: CustomIdentifier, allowed: Container[str] = ()) -> None:
        self.id = identifier.id
        self.keywords = tuple(word for word in identifier.keywords if word.strip())
        self.keyed = self.regex = compile_regex(identifier.regex)
        self._keyword = keyword_regex(self.keywords)
        self._identifier = identifier
        self._ignored = tuple(word for word in identifier.ignore_words if word)
        self._distance = identifier.maximum_match_distance
        self._allowed = allowed

    @property
    def counts_every_match(self) -> bool:
        """Whether the expression alone decides what counts, so that any engine may count."""
        return not (self._ignored or self._allowed or self.regex.may_match_nothing)

    def severity_of(self, count: int) -> Severity | None:
        return self._identifier.severity_of(count)

    def spans(self, text: str, *, is_open: bool) -> Iterator[tuple[int, int]]:
        if is_open or self._keyword is None:
            yield from self._matches(text)
            return
        places = KeywordPlaces.find(self._keyword, text)
        for start, end in self._matches(text) if places.ends else ():
            if places.precedes(start, end, self._distance):
                yield start, end

    def _matches(self, text: str) -> Iterator[tuple[int, int]]:
        for match in self.regex.re2.finditer(text):
            start, end = match.span()
            if start < end and self._counts(match.group()):
                yield start, end

    def _counts(self, matched: str) -> bool:
        return not any(word in matched for word in self._ignored) and matched not in self._allowed


@lru_cache(maxsize=256)
def _probe(identifier: CustomIdentifier) -> CustomProbe:
    return CustomProbe(identifier)


def count_matches(identifier: CustomIdentifier, text: str) -> int:
    """Count the identifier's matches in running text, where keywords must precede them (TestCustomDataIdentifier).

    :raises RegexError: when its expression is outside the dialect.
    """
    return sum(1 for _ in _probe(identifier).spans(text, is_open=False))
