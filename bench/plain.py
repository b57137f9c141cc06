"""A plain scanner for comparison: csv and re, cell by cell and identifier by identifier, with the same rules.

It shares only the identifiers (patterns, keywords, check digits, the rules for names and addresses) with the local
Macie, so equal counts confirm each other.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from localaws.macie2.identifiers import CustomIdentifier, ManagedIdentifier, address_cells, addresses, names
from localaws.macie2.identifiers.matching import continues_abroad
from localaws.macie2.identifiers.names import ColumnKind

CAP = 1000
CONTAINERS = {"HTTP_COOKIE"}
_PROXIMITY = 30

csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True, slots=True)
class _Identifier:
    id: str
    keyword: re.Pattern[str] | None
    keyed: re.Pattern[str] | None
    unkeyed: re.Pattern[str] | None
    definition: ManagedIdentifier | CustomIdentifier

    def spans(self, cell: str, *, is_open: bool) -> list[tuple[int, int]]:
        """Return the matches of a managed identifier in one cell."""
        if is_open:
            return list(self._matches(self.keyed, cell))
        places = [match.span() for match in self.keyword.finditer(cell)] if self.keyword else []
        near = [span for span in self._matches(self.keyed, cell) if _is_near(places, *span)] if places else []
        return near + [span for span in self._matches(self.unkeyed, cell) if not _is_near(places, *span)]

    def _matches(self, pattern: re.Pattern[str] | None, cell: str) -> Iterator[tuple[int, int]]:
        check = self.definition.check if isinstance(self.definition, ManagedIdentifier) else None
        for match in pattern.finditer(cell) if pattern else ():
            if self.id.endswith("PHONE_NUMBER") and continues_abroad(cell, match.start()):
                continue
            if _stands_alone(cell, *match.span()) and (check is None or check(match.group())):
                yield match.span()

    def count_custom(self, cell: str, custom: CustomIdentifier, *, is_open: bool) -> int:
        """Count the matches of a custom identifier in one cell."""
        assert self.keyed is not None
        matches = (match for match in self.keyed.finditer(cell) if match.group())
        spans = [match.span() for match in matches if not any(word in match.group() for word in custom.ignore_words)]
        if is_open or self.keyword is None:
            return len(spans)
        ends = [match.end() for match in self.keyword.finditer(cell)]
        return sum(
            any(end <= first and last - end <= custom.maximum_match_distance for end in ends) for first, last in spans
        )


def _is_near(places: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    return any(0 <= start - last <= _PROXIMITY or 0 <= first - end <= _PROXIMITY for first, last in places)


def _stands_alone(text: str, start: int, end: int) -> bool:
    is_continued = re.search(r"\w[.-]\Z", text[max(0, start - 2) : start]) and text[start].isalnum()
    return not is_continued and not re.match(r"[.-]\d", text[end : end + 2])


def _keyword(keywords: Iterable[str]) -> re.Pattern[str] | None:
    words = sorted(filter(str.strip, keywords), key=lambda word: (-len(word), word))
    if not words:
        return None
    return re.compile("|".join(map(_word, words)), re.IGNORECASE)


def _word(keyword: str) -> str:
    opening = r"(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_]))" if re.match(r"\w", keyword, re.ASCII) else ""
    closing = r"(?![A-Za-z0-9_])" if re.search(r"\w\Z", keyword, re.ASCII) else ""
    return opening + "[ _-]?".join(map(re.escape, keyword.split(" "))) + closing


def _pattern(regex: str | None) -> re.Pattern[str] | None:
    return re.compile(regex, re.ASCII) if regex else None


@dataclass(slots=True)
class PlainScanner:
    """Counts in one file at a time."""

    managed: Sequence[ManagedIdentifier]
    custom: Sequence[CustomIdentifier]
    _identifiers: list[_Identifier] = field(init=False)
    _rules: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._identifiers = [
            _Identifier(
                managed.id,
                _keyword(managed.keywords),
                _pattern(managed.pattern),
                _pattern(managed.unkeyed_pattern),
                managed,
            )
            for managed in self.managed
            if managed.pattern or managed.unkeyed_pattern
        ]
        self._identifiers += [
            _Identifier(custom.id, _keyword(custom.keywords), _pattern(custom.regex), None, custom)
            for custom in self.custom
        ]
        self._rules = {managed.row_rule: managed.id for managed in self.managed if managed.row_rule}

    def count(self, lines: Iterable[str]) -> Counter[str]:
        """Count in a CSV file, whose first row is its header."""
        found: Counter[str] = Counter()
        rows = csv.reader(lines)
        header = next(rows, [])
        self._count_row(header, _Header.none(), found)
        plan = _Header.of(header, self._identifiers)
        for row in rows:
            self._count_row(row, plan, found)
        for identifier in self._rules.values():
            found[identifier] = min(found[identifier], CAP)
        return +found

    def _count_row(self, row: list[str], header: _Header, found: Counter[str]) -> None:
        for column, cell in enumerate(row):
            if cell:
                self._count_cell(cell, header.opened_at(column), found)
        if (name := self._rules.get("NAME")) and found[name] < CAP:
            found[name] += sum(_count_names(row, header))
        if (address := self._rules.get("ADDRESS")) and found[address] < CAP:
            found[address] += sum(addresses.count_addresses(cell) for cell in row if " " in cell)
            found[address] += sum(1 for _ in _address_rows(row))

    def _count_cell(self, cell: str, opened: frozenset[str], found: Counter[str]) -> None:
        spans: list[tuple[int, int, str]] = []
        for identifier in self._identifiers:
            is_open = identifier.id in opened
            if isinstance(identifier.definition, CustomIdentifier):
                found[identifier.id] += identifier.count_custom(cell, identifier.definition, is_open=is_open)
            else:
                spans += [(*span, identifier.id) for span in identifier.spans(cell, is_open=is_open)]
        for start, end, name in spans:
            found[name] += not any(
                first <= start
                and end <= last
                and last - first > end - start
                and other != name
                and other not in CONTAINERS
                for first, last, other in spans
            )


@dataclass(frozen=True, slots=True)
class _Header:
    """Properties of the columns that follow from their names."""

    opened: tuple[frozenset[str], ...]
    kinds: tuple[ColumnKind, ...]
    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def none(cls) -> _Header:
        return cls((), (), ())

    @classmethod
    def of(cls, header: list[str], identifiers: Sequence[_Identifier]) -> _Header:
        opened = (
            frozenset(item.id for item in identifiers if item.keyword and item.keyword.search(name)) for name in header
        )
        return cls(tuple(opened), tuple(map(ColumnKind.of, header)), tuple(names.split_columns(header)))

    def opened_at(self, column: int) -> frozenset[str]:
        return self.opened[column] if column < len(self.opened) else frozenset()


def _count_names(row: list[str], header: _Header) -> Iterator[int]:
    for column, cell in enumerate(row):
        if " " in cell:
            kind = header.kinds[column] if column < len(header.kinds) else ColumnKind.NEUTRAL
            yield sum(1 for _ in names.iter_names(cell, kind))
    for pair in header.pairs:
        yield all(at < len(row) and bool(names.PART.re2.search(row[at])) for at in pair)


def _address_rows(row: list[str]) -> Iterator[int]:
    for at, cell in enumerate(row):
        if addresses.ZIP.re2.search(cell) and (start := address_cells.start_of_address(row, at)) is not None:
            yield start
