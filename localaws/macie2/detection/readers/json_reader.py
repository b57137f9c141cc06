"""JSON and JSON Lines as a stream of rows, of any size in bounded memory.

A row is the scalar members of one object, or the scalar elements of one array; a large one comes in several rows.
Numbers stay as they are written, members that are there twice both come.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from localaws.macie2.detection.readers.json_paths import Path
from localaws.macie2.detection.readers.source import IncompleteError, Source, UnreadableError

# Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
MAXIMUM_DEPTH = 256
# A string that has not ended after this many characters is taken for a stray quote.
MAXIMUM_VALUE = 32 * 1024 * 1024
MAXIMUM_ROW = 1000

_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:([{}\[\],])|"((?:[^"\\]++|\\.)*+)"([ \t\r\n]*+:)?'
    r"|(-?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?|true|false|null))",
    re.DOTALL,
)
_SPACE = re.compile(r"[ \t\r\n]*+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_MAY_BE_CUT = '"-0123456789tfn'
_LONGEST_WORD = 400


class MalformedError(ValueError):
    """The text from here on is not JSON; the source returns it again, the error does not contain it."""


class Row(NamedTuple):
    """Scalars that stand side by side.

    :param path: of their object or array.
    :param keys: names of members, or indexes of elements.
    :param values: their texts; None for null and what is empty.
    :param record: its index: the 0-based line on which its text begins, or its number in a Parquet file.
    """

    path: Path
    keys: tuple[str | int, ...]
    values: tuple[str | None, ...]
    record: int


@dataclass(slots=True)
class _Open:
    """An object or an array that has not ended."""

    path: Path
    is_object: bool
    key: str | int
    keys: list[str | int] = field(default_factory=list)
    values: list[str | None] = field(default_factory=list)


class JsonReader:
    """Reads any number of JSON texts, one after the other.

    :param is_lines: the index of a record is that of its line; otherwise it is always 0.
    :ivar has_containers: an object or an array has begun.
    :ivar line: 0-based number of the line, and ``column`` of the character on it, from which the source goes on.
    """

    def __init__(self, source: Source, chunk_bytes: int, *, is_lines: bool) -> None:
        self._source = source
        self._is_lines = is_lines
        self._chunk_bytes = chunk_bytes
        self._text = ""
        self._at = 0
        self._whole = 0
        self._is_last = False
        self._open: list[_Open] = []
        self._index = 0
        self._counted = 0
        self.has_containers = False
        self.line = 0
        self.column = 0

    def rows(self) -> Iterator[Row]:
        """Yield the rows in the order in which they end.

        :raises MalformedError: where the text stops being JSON.
        :raises UnreadableError: for a text that is nested too deeply; Macie analyses nothing of such a file.
        """
        try:
            yield from self._rows()
        except (MalformedError, IncompleteError):
            yield from (self._row(container) for container in self._open if container.keys)
            self._count_lines()
            self._source.put_back(self._text[self._at :].encode())
            raise

    def _rows(self) -> Iterator[Row]:
        may = "value"
        while (token := self._next()) is not None:
            mark, string, colon, scalar = token.groups()
            if colon and may in ("member", "key"):
                self._open[-1].key = _unescaped(string)
                may = "value"
            elif not mark and not colon and may in ("value", "element"):
                row = self._add(scalar if string is None else _unescaped(string), is_null=scalar == "null")
                if row is not None:
                    yield row
                may = "comma" if self._open else "value"
            elif mark in ("{", "[") and may in ("value", "element"):
                self._push(is_object=mark == "{")
                may = "member" if mark == "{" else "element"
            elif mark == "," and may == "comma":
                may = self._go_on()
            elif mark in ("}", "]") and self._ends(mark, may):
                container = self._open.pop()
                if container.keys:
                    yield self._row(container)
                may = "comma" if self._open else "value"
            else:
                raise MalformedError
            self._at = token.end()
        if self._open:
            raise MalformedError

    def _next(self) -> re.Match[str] | None:
        """Return the next token, None at the end."""
        while True:
            token = _TOKEN.match(self._text, self._at)
            if token is not None and (token.end() < self._whole or self._is_last):
                return token
            if self._is_last or (token is None and not self._may_be_cut()):
                if self._at < self._whole:
                    raise MalformedError
                return None
            self._read_more()

    def _may_be_cut(self) -> bool:
        """Return whether what follows could be a token of which the end was not read yet."""
        start = max(self._at, _SPACE.match(self._text, self._at).end())  # type: ignore[union-attr]
        waiting = len(self._text) - start
        return waiting < (MAXIMUM_VALUE if self._text[start : start + 1] == '"' else _LONGEST_WORD)

    def _read_more(self) -> None:
        data = self._source.read_valid(self._chunk_bytes).decode()
        self._is_last = not data
        self._count_lines()
        self._text = self._text[self._at :] + data
        self._at = self._counted = 0
        self._whole = len(self._text.rstrip(" \t\r\n"))

    def _count_lines(self) -> None:
        ends = [end.end() for end in _LINE_END.finditer(self._text, self._counted, self._at)]
        self.line += len(ends)
        self.column = self._at - ends[-1] if ends else self.column + self._at - self._counted
        self._counted = self._at

    def _place(self) -> Path:
        """Return the path of the value that begins."""
        if self._open:
            return (*self._open[-1].path, self._open[-1].key)
        if self._is_lines:
            self._count_lines()
            space = _SPACE.match(self._text, self._at)
            self._index = self.line + len(_LINE_END.findall(space.group() if space else ""))
        return ()

    def _push(self, *, is_object: bool) -> None:
        if len(self._open) == MAXIMUM_DEPTH:
            raise UnreadableError("JSON_NESTING_LEVEL_OVER_LIMIT")
        self.has_containers = True
        self._open.append(_Open(self._place(), is_object, "" if is_object else 0))

    def _ends(self, mark: str, may: str) -> bool:
        if not self._open or self._open[-1].is_object is (mark == "]"):
            return False
        return may == "comma" or may == ("member" if mark == "}" else "element")

    def _go_on(self) -> str:
        container = self._open[-1]
        if container.is_object:
            return "key"
        container.key = int(container.key) + 1
        return "value"

    def _add(self, text: str, *, is_null: bool) -> Row | None:
        if not self._open:
            return Row(self._place(), (), (text or None,), self._index)
        if text and not is_null:
            container = self._open[-1]
            container.keys.append(container.key)
            container.values.append(text)
            if len(container.keys) == MAXIMUM_ROW:
                return self._row(container)
        return None

    def _row(self, container: _Open) -> Row:
        row = Row(container.path, tuple(container.keys), tuple(container.values), self._index)
        container.keys, container.values = [], []
        return row


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        raise MalformedError from None
