"""Keywords: the words of an identifier in a column name or in a text.

A keyword is a whole word in which ``_`` is a word character (``cvc`` is not in ``cc_cvc``, ``paye`` not in ``PAYER``);
case does not matter; a space in it may also be ``_``, ``-`` or nothing.

Source: https://docs.aws.amazon.com/macie/latest/user/managed-data-identifiers-keywords.html
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import re2

from localaws.macie2.identifiers.dialect import Regex, compile_trusted

# A keyword's first words are looked for until they are this long together.
_SHORTEST_HEAD = 4


def keyword_regex(keywords: Iterable[str]) -> Regex | None:
    """Compile a regex that finds any of the keywords, the longest first; None when there are none."""
    words = sorted({word for word in keywords if word.strip()}, key=lambda word: (-len(word), word))
    if not words:
        return None
    return compile_trusted(f"(?i)(?:{'|'.join(map(_word, words))})")


def _word(keyword: str) -> str:
    opening = r"\b" if re.match(r"\w", keyword, re.ASCII) else ""
    closing = r"\b" if re.search(r"\w\Z", keyword, re.ASCII) else ""
    return opening + "[ _-]?".join(re.sub(r"([^\w])", r"\\\1", part) for part in keyword.split(" ")) + closing


@dataclass(frozen=True, slots=True)
class KeywordPlaces:
    """The places of keywords in a text, in order and without overlaps."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def find(cls, regex: Regex, text: str) -> KeywordPlaces:
        """Find the keywords of a text."""
        spans = [match.span() for match in regex.re2.finditer(text)]
        return cls(tuple(start for start, _ in spans), tuple(end for _, end in spans))

    def is_near(self, start: int, end: int, distance: int) -> bool:
        """Return whether a keyword is within ``distance`` characters before or behind the span."""
        nearest = self.distance(start, end)
        return nearest is not None and nearest <= distance

    def distance(self, start: int, end: int) -> int | None:
        """Return how many characters are between the span and the nearest keyword before or behind it."""
        before = bisect_right(self.ends, start)
        after = bisect_left(self.starts, end)
        distances = [start - self.ends[before - 1]] if before > 0 else []
        if after < len(self.starts):
            distances.append(self.starts[after] - end)
        return min(distances, default=None)

    def precedes(self, start: int, end: int, distance: int) -> bool:
        """Return whether a keyword precedes the span, with at most ``distance`` from its end to the span's end."""
        before = bisect_right(self.ends, start)
        return before > 0 and end - self.ends[before - 1] <= distance


def _sign_of(keywords: Iterable[str]) -> Regex | None:
    """Compile a regex that every text with one of the keywords matches, and few others: the words they begin with.

    The boundary is written once, before all words: the Rust engine is twenty times slower when each has its own.
    """
    heads = {_head(keyword) for keyword in keywords}
    words = sorted(head.removeprefix(r"\b") for head in heads if head.startswith(r"\b"))
    others = sorted(head for head in heads if not head.startswith(r"\b"))
    if words:
        others.append(rf"\b(?:{'|'.join(words)})")
    return compile_trusted(f"(?i)(?:{'|'.join(others)})") if others else None


def _head(keyword: str) -> str:
    parts = keyword.split(" ")
    for size in range(1, len(parts)):
        head = " ".join(parts[:size])
        if len(head) >= _SHORTEST_HEAD:
            return _word(head).removesuffix(r"\b")
    return _word(keyword)


class KeywordIndex:
    """The keywords of many identifiers at once: whose keywords stand in a text, and where.

    One pass finds, at every place where a keyword begins, the longest that does; the shorter ones begin like it.

    :param keywords_by_id: identifiers without keywords are left out.
    :ivar regex: finds any of the keywords; None when there are none.
    :ivar sign: found quickly, in every text with a keyword and in few others; None when there are none.
    """

    def __init__(self, keywords_by_id: Mapping[str, Iterable[str]]) -> None:
        by_id = {identifier: keyword_regex(words) for identifier, words in keywords_by_id.items()}
        self._by_id = {identifier: regex for identifier, regex in by_id.items() if regex is not None}
        keywords = {word for words in keywords_by_id.values() for word in words if word.strip()}
        self.regex = keyword_regex(keywords)
        self.sign = _sign_of(keywords)
        options = re2.Options()
        options.longest_match = True
        options.max_mem = 1 << 26
        self._longest = re2.compile(self.regex.re2.pattern, options) if self.regex else None
        self._ids_of_keyword = lru_cache(maxsize=1 << 14)(self._ids_of)

    def ids_in(self, text: str) -> frozenset[str]:
        """Return the identifiers of which a keyword stands in the text."""
        return frozenset[str]().union(*(ids for ids, _, _ in self._iter_hits(text.encode("utf-8", "replace"))))

    def iter_places(self, text: str) -> Iterator[tuple[frozenset[str], int, int]]:
        """Yield whose keywords stand where, as spans of characters; in order, overlapping ones too."""
        data = text.encode("utf-8", "replace")
        is_ascii = len(data) == len(text)
        at = characters = 0
        for ids, start, end in self._iter_hits(data):
            if not is_ascii:
                characters += len(data[at:start].decode())
                at = start
                yield ids, characters, characters + len(data[start:end].decode())
            else:
                yield ids, start, end

    def _iter_hits(self, data: bytes) -> Iterator[tuple[frozenset[str], int, int]]:
        at = 0
        while self._longest is not None and (match := self._longest.search(data, at)) is not None:
            start, end = match.span()
            yield self._ids_of_keyword(data[start:end].lower()), start, end
            at = start + 1

    def _ids_of(self, keyword: bytes) -> frozenset[str]:
        # A letter outside ASCII can match an ASCII letter (ſ for s): then it has a boundary only beside a letter.
        edges = (b"",) if keyword.isascii() else (b"", b"a")
        ways = [(len(before), before + keyword + behind) for before in edges for behind in edges]
        return frozenset(
            identifier
            for identifier, regex in self._by_id.items()
            if any(regex.re2.match(text, at) for at, text in ways)
        )
