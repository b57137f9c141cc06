"""Finds the delimiter and the header of a CSV file that may have other lines above it.

There is no doubt when the first record that is not blank has several cells, the records of the sample have as many, no
other delimiter gives as many, no blank record is among them, none below the header looks like a header, and no cell
of the first ones names what the next one holds. Otherwise there are several layouts, best first: that of most records,
that whose header has most known names, the plain one, in which the header is the first record, and those of other
records that look like headers. AWS does not say how Macie finds a header: this is a rule of our own.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from localaws.macie2.detection.readers.content import SNIFFED_BYTES
from localaws.macie2.detection.readers.source import valid_utf8

_DELIMITERS = (",", "\t", ";", "|")
# Records of which a table is made out, those whose cells may name the next one, and layouts by other headers.
_SAMPLED, _MAY_BE_PAIRS, _OTHERS = 1000, 100, 4
_LONGEST_NAME = 64
_MOST_DIGITS = 4
_DIGIT = re.compile(r"\d")
_QUOTED = re.compile(rb'"[^"]*+"')
_SEPARATOR = re.compile(rb'(?i)[ \t\r\n]*+"?sep[ \t]*+= *+([\t!-~])"?[ \t]*+\r?\n')

type Records = Sequence[Sequence[str]]
type Recognizes = Callable[[str], bool]
type IsPair = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to read a file as a table.

    :param preamble: how many records are above the header, blank ones included.
    """

    delimiter: str
    preamble: int = 0


@dataclass(frozen=True, slots=True)
class Layouts:
    """The layouts of a file.

    :param tables: the layouts, best first; without doubt a single one.
    """

    tables: tuple[Layout, ...]
    is_certain: bool


def layouts_of(sample: bytes, delimiter: str | None, recognizes: Recognizes, is_pair: IsPair) -> Layouts:
    """Find the layouts of a file.

    :param sample: its first bytes, :data:`SNIFFED_BYTES` unless it is smaller.
    :param delimiter: the one that its extension promises.
    :param recognizes: tells whether a cell is a name of a column that is of interest.
    :param is_pair: tells whether a cell names what the next one holds.
    """
    text = valid_utf8(sample).decode("utf-8", "replace")
    separator = _SEPARATOR.match(sample)
    char = delimiter or _sniff(sample)
    is_cut = len(sample) >= SNIFFED_BYTES
    first = _records(text, char, is_cut=is_cut)
    plain = Layout(char, _first(first))
    body = first[plain.preamble + 1 :]
    is_plain = separator is None and _is_table(first[plain.preamble :])
    if is_plain and not (_has_headers(body, recognizes) or _has_pairs(first, is_pair)):
        others = (other for other in _DELIMITERS if other != char and other in text)
        if all(_width(_records(text, other, is_cut=is_cut)) < len(first[plain.preamble]) for other in others):
            return Layouts((plain,), is_certain=True)
    named = separator[1].decode() if separator else ""
    delimiters = (named,) if _is_delimiter(named) else (char, *_DELIMITERS)
    records = {char: _records(text, char, is_cut=is_cut) for char in delimiters}
    tables = _likely(records, plain, recognizes, int(separator is not None))
    is_column = all(len(record) < 2 for found in records.values() for record in found)
    return Layouts(tables, is_certain=is_column and len(tables) == 1)


def _likely(records: Mapping[str, Records], plain: Layout, recognizes: Recognizes, start: int) -> tuple[Layout, ...]:
    by_size = max(records, key=lambda char: _size(records[char]))  # the first of equal ones: the plain one
    likely = Layout(by_size, _header_of(records[by_size], recognizes, start))
    known = {
        Layout(char, at): _names(record, recognizes)
        for char in records
        for at, record in enumerate(records[char])
        if at >= start
    }
    most = max(known, key=lambda layout: known[layout], default=plain)
    chosen = dict.fromkeys((likely, most, plain))
    cells_of = {char: list(map(tuple, found)) for char, found in records.items()}
    headers = {
        cells: layout for layout in chosen for cells in cells_of.get(layout.delimiter, ())[layout.preamble :][:1]
    }
    for layout, names in known.items():
        if names:
            headers.setdefault(cells_of[layout.delimiter][layout.preamble], layout)
    others = sorted(
        (layout for layout in headers.values() if layout not in chosen), key=lambda layout: known[layout], reverse=True
    )
    return (*chosen, *others[:_OTHERS])


def _has_headers(records: Records, recognizes: Recognizes) -> bool:
    return any(_names(record, recognizes) for record in records)


def _has_pairs(records: Records, is_pair: IsPair) -> bool:
    pairs = {pair for record in records[:_MAY_BE_PAIRS] for pair in pairwise(record) if pair[0][:1].isalpha()}
    return any(_DIGIT.search(value) and _is_like_a_name(name) and is_pair(name, value) for name, value in pairs)


def _sniff(data: bytes) -> str:
    first_line = _QUOTED.sub(b"", re.split(rb"[\r\n]", data.lstrip(b"\r\n"), maxsplit=1)[0])
    if b"," in first_line:
        return ","
    commonest = max(("\t", ";", "|"), key=lambda char: first_line.count(char.encode()))
    return commonest if commonest.encode() in first_line else ","


def _is_delimiter(char: str) -> bool:
    return bool(char) and not char.isalnum() and char not in '" '


def _records(text: str, delimiter: str, *, is_cut: bool) -> Records:
    """Return the first records; without the last one of a text that is cut."""
    records = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SAMPLED))
    return records[:-1] if is_cut and 0 < len(records) < _SAMPLED else records


def _first(records: Records) -> int:
    """Return the number of the first record that is not blank; 0 without one."""
    return next((at for at, record in enumerate(records) if any(record)), 0)


def _is_table(records: Records) -> bool:
    """Return whether all records have as many cells, and several; blank ones may only be the last ones."""
    last = max((at for at, record in enumerate(records) if any(record)), default=0)
    widths = {len(record) if any(record) else 0 for record in records[: last + 1]}
    return len(widths) == 1 and widths.isdisjoint((0, 1))


def _width(records: Records) -> int:
    """Return the width of most records with several cells; of equally frequent ones the first's, or the largest."""
    widths = Counter(len(record) for record in records if len(record) > 1 and any(record))
    first = len(records[_first(records)]) if records else 0
    return max(widths, key=lambda width: (widths[width], width == first, width), default=1)


def _size(records: Records) -> tuple[int, int]:
    """Return how many records have the width of most, and that width; nothing for a single column."""
    width = _width(records)
    return (sum(1 for record in records if len(record) == width and any(record)), width) if width > 1 else (0, 1)


def _header_of(records: Records, recognizes: Recognizes, start: int) -> int:
    """Return which record is the header, for the table that begins at ``start`` or below."""
    width = _width(records)
    rows = [at for at, record in enumerate(records) if at >= start and len(record) == width and any(record)]
    names = {at: _names(records[at], recognizes) for at in rows}
    return max(names, key=lambda at: names[at], default=_first(records))


def _names(record: Sequence[str], recognizes: Recognizes) -> int:
    """Return how many cells are recognized as names of columns; 0 for a record that is unlike a header."""
    cells: list[str] = []
    for cell in filter(None, map(str.strip, record)):
        if not _is_like_a_name(cell):
            return 0  # nearly every record of data ends here, at its first cells
        cells.append(cell)
    return sum(map(recognizes, cells)) if 2 * len(cells) >= len(record) else 0


def _is_like_a_name(cell: str) -> bool:
    if len(cell) > _LONGEST_NAME or cell[0].isdigit() or not any(map(str.isalpha, cell)):
        return False  # a street begins with its number
    return sum(map(str.isdigit, cell)) <= _MOST_DIGITS
