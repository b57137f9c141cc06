"""Allowed texts: the allow lists of a job.

Source: https://docs.aws.amazon.com/macie/latest/user/allow-lists.html
"""

from __future__ import annotations

from dataclasses import dataclass

from localaws.macie2.identifiers.dialect import Regex


@dataclass(frozen=True, slots=True)
class AllowedTexts:
    """The content of all allow lists of a job; an allowed text does not count, except as an ADDRESS.

    :param words: entries of the lists of words, casefolded; case does not matter, and the whole text must be an entry.
    :param patterns: the lists' expressions; the whole text must match an expression.
    """

    words: frozenset[str] = frozenset()
    patterns: tuple[Regex, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.patterns)

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        return text.casefold() in self.words or any(pattern.re2.fullmatch(text) for pattern in self.patterns)
