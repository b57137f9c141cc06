"""Scans text: a keyword must stand within 30 characters of a match, also across lines.

The text goes through a buffer. A match is taken when so much text follows that all of it is there, and what stands
behind it; the buffer keeps as much of what was taken, for what stands before.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

import polars as pl

from localaws.macie2.detection.matching.any_of import AnyOf
from localaws.macie2.detection.matching.tally import Place, Tally
from localaws.macie2.detection.matching.text_matches import Span, iter_matches
from localaws.macie2.detection.readers.file_scan import Scan
from localaws.macie2.detection.result import LineRange
from localaws.macie2.identifiers import addresses, names
from localaws.macie2.identifiers.names import ColumnKind

TEXT_BYTES = 1 << 20
# A match that is longer than this may be cut, or missed.
KEPT_CHARACTERS = 1 << 13

_LINE_END = re.compile(r"\r\n|\r|\n")
_NAME = AnyOf(names.prefilters(ColumnKind.NEUTRAL))
_ADDRESS = AnyOf([addresses.IN_VALUE])


def scan_text(scan: Scan, first_line: int = 1, first_column: int = 0) -> None:
    """Scan the rest of a source as text.

    :param first_line: the 1-based line of the file on which it begins.
    :param first_column: how many characters of that line are before it.
    """
    buffer = _Buffer(first_line, first_column)
    try:
        while data := scan.source.read_valid(min(scan.chunk_bytes, TEXT_BYTES)):
            buffer.text += data.decode()
            if buffer.waiting > 2 * KEPT_CHARACTERS:
                _take(scan, buffer, buffer.whole_lines(len(buffer.text) - KEPT_CHARACTERS))
    finally:
        _take(scan, buffer, len(buffer.text))


class _Buffer:
    """A part of the text, and where in the file it is."""

    def __init__(self, first_line: int, first_column: int) -> None:
        self.text = ""
        self.taken = 0
        self.offset = 0
        self._line = first_line
        self._column = first_column

    @property
    def waiting(self) -> int:
        """Characters that were not taken yet."""
        return len(self.text) - self.taken

    def whole_lines(self, limit: int) -> int:
        """Return the end of the last line that ends before the limit; the limit when that is none to be taken."""
        end = self.text.rfind("\n", self.taken, limit) + 1 or self.text.rfind("\r", self.taken, limit - 1) + 1
        return end or limit

    def drop(self, limit: int) -> None:
        """Go on after the limit; forget what is too far before it."""
        cut = max(0, limit - KEPT_CHARACTERS)
        cut -= self.text[cut - 1 : cut + 1] == "\r\n"
        ends = [end.end() for end in _LINE_END.finditer(self.text, 0, cut)]
        self._line += len(ends)
        self._column = cut - ends[-1] if ends else self._column + cut
        self.text = self.text[cut:]
        self.taken = limit - cut
        self.offset += cut

    def lines(self, limit: int) -> Iterator[Span]:
        """Yield where the lines are that are to be taken."""
        start = self.taken
        for end in _LINE_END.finditer(self.text, self.taken, limit):
            yield start, end.start()
            start = end.end()
        if start < limit:
            yield start, limit

    def locator(self) -> Callable[[Place], LineRange]:
        """Return what tells the lines of a place: the numbers of its first character and of the one behind it."""
        starts = [0, *(end.end() for end in _LINE_END.finditer(self.text))]
        offset, first_line, first_column = self.offset, self._line, self._column

        def locate(place: Place) -> LineRange:
            start, end = place[0] - offset, place[1] - offset
            line = bisect_right(starts, start) - 1
            last = bisect_right(starts, max(start, end - 1)) - 1
            column = start - starts[line] + (first_column if line == 0 else 0)
            return LineRange(first_line + line, first_line + last, column + 1)

        return locate


def _take(scan: Scan, buffer: _Buffer, limit: int) -> None:
    text, offset = buffer.text, buffer.offset
    where = buffer.locator()

    def what(place: Place) -> Iterator[str]:
        yield text[place[0] - offset : place[1] - offset]

    def add(tally: Tally, spans: Iterable[Span]) -> None:
        places = sorted((offset + start, offset + end) for start, end in spans if buffer.taken <= start < limit)
        tally.add(places, len(places), where, what)

    for probe, spans in iter_matches(scan.matcher, text):
        add(scan.tallies[probe.id], spans)
    lines = list(buffer.lines(limit))
    if (name := scan.tallies.name) and not name.is_full:
        add(name, _in_lines(text, lines, _NAME, lambda line: scan.matcher.not_allowed(line, _names(line))))
    if (address := scan.tallies.address) and not address.is_full:
        add(address, _in_lines(text, lines, _ADDRESS, addresses.iter_addresses))
    scan.tallies.end_batch()
    buffer.drop(limit)


def _names(line: str) -> Iterator[Span]:
    return names.iter_names(line, ColumnKind.NEUTRAL)


def _in_lines(text: str, lines: list[Span], prefilter: AnyOf, find: Callable[[str], Iterable[Span]]) -> Iterator[Span]:
    values = pl.DataFrame({"": [text[start:end] for start, end in lines]}, schema={"": pl.String})
    candidates = set(prefilter.having(values.filter(names.has_parts(pl.col(""))).to_series()))
    for start, end in lines if candidates else ():
        if (line := text[start:end]) in candidates:
            yield from ((start + first, start + last) for first, last in find(line))
