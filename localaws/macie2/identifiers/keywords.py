"""Keywords: where one of an identifier's words stands in a column name or in a text.

A keyword is a whole word in which ``_`` is a word character (``cvc`` is not in ``cc_cvc``, ``paye`` not in ``PAYER``);
case does not matter; a space in it may also be ``_``, ``-`` or nothing.

Source: https://docs.aws.amazon.com/macie/latest/user/managed-data-identifiers-keywords.html
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from localaws.macie2.identifiers.dialect import Regex, compile_trusted


def keyword_regex(keywords: Iterable[str]) -> Regex | None:
    """Compile a regex that finds any of the keywords, the longest first; None when there are none."""
    words = sorted({word for word in keywords if word}, key=lambda word: (-len(word), word))
    if not words:
        return None
    return compile_trusted(f"(?i)(?:{'|'.join(map(_word, words))})")


def _word(keyword: str) -> str:
    opening = r"\b" if re.match(r"\w", keyword, re.ASCII) else ""
    closing = r"\b" if re.search(r"\w\Z", keyword, re.ASCII) else ""
    return opening + "[ _-]?".join(re.sub(r"([^\w])", r"\\\1", part) for part in keyword.split(" ")) + closing


@dataclass(frozen=True, slots=True)
class KeywordPlaces:
    """Where the keywords stand in one text; does not overlap, in order."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def find(cls, regex: Regex, text: str) -> KeywordPlaces:
        """Find the keywords of a text."""
        spans = [match.span() for match in regex.re2.finditer(text)]
        return cls(tuple(start for start, _ in spans), tuple(end for _, end in spans))

    def is_near(self, start: int, end: int, distance: int) -> bool:
        """Tell whether a keyword ends at most ``distance`` characters before the span or begins as close behind it."""
        before = bisect_right(self.ends, start)
        after = bisect_left(self.starts, end)
        is_before = before > 0 and start - self.ends[before - 1] <= distance
        return is_before or (after < len(self.starts) and self.starts[after] - end <= distance)

    def precedes(self, start: int, end: int, distance: int) -> bool:
        """Tell whether a keyword stands before the span, at most ``distance`` between its end and the span's end."""
        before = bisect_right(self.ends, start)
        return before > 0 and end - self.ends[before - 1] <= distance
