"""CSV as a stream of tables of bounded size, whatever the bytes are.

The stream is cut at record ends into chunks. A chunk that polars reads exactly as :mod:`csv` would is read by polars;
any other (stray quotes, lone carriage returns, rows longer than the header, very many columns) by :mod:`csv` itself.
Both give the same table. A record is what :mod:`csv` takes for one: a quoted cell may hold line ends, a blank line is
a record.

Text is UTF-8, or UTF-16 with a byte order mark; a line that is not valid UTF-8 is read as Latin-1.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol

import polars as pl

CHUNK_BYTES = 8 * 1024 * 1024
# A quoted cell that has not ended after this many bytes is taken for a stray quote.
MAXIMUM_RECORD_BYTES = 4 * CHUNK_BYTES
MAXIMUM_POLARS_WIDTH = 1000
_SNIFFED_BYTES = 64 * 1024

# csv's own limit of 128 KiB per cell is process-wide state; ours is MAXIMUM_RECORD_BYTES.
csv.field_size_limit(2**31 - 1)


class MalformedError(ValueError):
    """The bytes from here on are no CSV; carries nothing of them."""


class Table(Protocol):
    """Some consecutive records of the file; all cells are strings, missing and empty ones None."""

    height: int
    width: int

    def without(self, count: int) -> Table:
        """Return the table without its first records."""

    def stack(self, columns: Sequence[int]) -> pl.Series:
        """Return the cells of some columns, one column after the other."""

    def window(self, row: int, first: int, last: int) -> list[str | None]:
        """Return the cells of one record from column ``first`` to ``last`` (inclusive)."""


class PolarsTable:
    """A table read by polars."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self.height = frame.height
        self.width = frame.width

    def without(self, count: int) -> Table:
        """Return the table without its first records."""
        return PolarsTable(self._frame.slice(count))

    def stack(self, columns: Sequence[int]) -> pl.Series:
        """Return the cells of some columns, one column after the other."""
        parts = [self._frame.to_series(column) for column in columns]
        return parts[0] if len(parts) == 1 else pl.concat(part.rename("") for part in parts)

    def window(self, row: int, first: int, last: int) -> list[str | None]:
        """Return the cells of one record from column ``first`` to ``last`` (inclusive)."""
        return [self._frame.item(row, column) for column in range(first, last + 1)]


class RowsTable:
    """A table read by :mod:`csv`."""

    def __init__(self, rows: Sequence[Sequence[str]], width: int) -> None:
        self._rows = rows
        self.height = len(rows)
        self.width = max(width, max(map(len, rows), default=0))

    def without(self, count: int) -> Table:
        """Return the table without its first records."""
        return RowsTable(self._rows[count:], self.width)

    def stack(self, columns: Sequence[int]) -> pl.Series:
        """Return the cells of some columns, one column after the other."""
        cells = [(row[column] or None) if column < len(row) else None for column in columns for row in self._rows]
        return pl.Series(cells, dtype=pl.String)

    def window(self, row: int, first: int, last: int) -> list[str | None]:
        """Return the cells of one record from column ``first`` to ``last`` (inclusive)."""
        cells = self._rows[row]
        return [(cells[column] or None) if column < len(cells) else None for column in range(first, last + 1)]


class CsvReader:
    """Reads one file once, front to back.

    :param stream: the object's bytes.
    :param delimiter: None: the comma, or when the first line has none the commonest of tab, semicolon and bar.
    :param chunk_bytes: how much is read at a time; memory is a small multiple of it.
    :param always_csv: never use polars (for comparison).
    """

    def __init__(
        self,
        stream: BinaryIO,
        delimiter: str | None = None,
        chunk_bytes: int = CHUNK_BYTES,
        *,
        always_csv: bool = False,
    ) -> None:
        self._source = _Utf8Source(stream)
        self._delimiter = delimiter
        self._chunk_bytes = chunk_bytes
        self._always_csv = always_csv
        self.header: list[str] = []
        self.header_row = 1

    @property
    def bytes_read(self) -> int:
        """Bytes of the object that were read so far."""
        return self._source.bytes_read

    def tables(self) -> Iterator[tuple[int, Table]]:
        """Yield (file row of its first record, table); the header is known from the first one on, and not in it.

        :raises MalformedError: where the bytes stop being CSV.
        """
        next_row = 1
        for chunk in self._chunks():
            text = _valid_utf8(chunk)
            table = self._parse(text)
            skip = 0
            if not self.header:
                skip = self._take_header(text, table)
            yield next_row + skip, table.without(skip) if skip else table
            next_row += table.height

    def _take_header(self, chunk: bytes, table: Table) -> int:
        """Take the first record that is not blank for the header; return how many records that uses up."""
        for used, record in enumerate(csv.reader(_lines(chunk), delimiter=self._delimiter or ","), start=1):
            if any(record):
                self.header = record
                self.header_row += used - 1
                return used
        self.header_row += table.height
        return table.height

    def _parse(self, chunk: bytes) -> Table:
        delimiter = self._delimiter or ","
        # Before the header is known the first record that is not blank is it.
        header = self.header or next(filter(any, csv.reader(_lines(chunk), delimiter=delimiter)), [])
        table = None if self._always_csv else _read_with_polars(chunk, delimiter, len(header))
        return table or RowsTable(list(csv.reader(_lines(chunk), delimiter=delimiter)), len(header))

    def _chunks(self) -> Iterator[bytes]:
        beginning = self._source.peek(_SNIFFED_BYTES)
        if _is_binary(beginning):
            raise MalformedError
        self._delimiter = self._delimiter or _sniff(beginning)
        cutter = _Cutter(self._delimiter)
        pending = b""
        while more := self._source.read(self._chunk_bytes):
            pending += more
            end = cutter.last_record_end(pending)
            if end:
                yield pending[:end]
                pending = pending[end:]
            elif len(pending) > max(MAXIMUM_RECORD_BYTES, 2 * self._chunk_bytes):
                raise MalformedError
        if pending:
            end = cutter.last_record_end(pending, is_last=True)
            if end:
                yield pending[:end]
            if end < len(pending):
                raise MalformedError


class _Utf8Source:
    """Bytes without byte order mark, in UTF-8 also when the object is in UTF-16."""

    _MARKS = ((codecs.BOM_UTF8, ""), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_started = False
        self._ahead = b""
        self.bytes_read = 0

    def peek(self, size: int) -> bytes:
        """Return the next bytes, about that many, without using them up."""
        self._ahead = self._ahead or self.read(size)
        return self._ahead

    def read(self, size: int) -> bytes:
        """Return about that many bytes, and b"" only at the end."""
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
            return data
        while True:
            raw = self._fill(size)
            data = self._convert(raw)
            if data or not raw:
                return data

    def _fill(self, size: int) -> bytes:
        parts: list[bytes] = []
        missing = max(size, len(codecs.BOM_UTF8))
        while missing > 0 and (part := self._stream.read(missing)):
            parts.append(part)
            missing -= len(part)
        raw = b"".join(parts)
        self.bytes_read += len(raw)
        return raw

    def _convert(self, raw: bytes) -> bytes:
        if not self._is_started:
            self._is_started = True
            for mark, encoding in self._MARKS:
                if raw.startswith(mark):
                    raw = raw[len(mark) :]
                    self._decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
                    break
        if self._decoder is None:
            return raw
        return self._decoder.decode(raw, final=not raw).encode("utf-8", "replace")


class _Cutter:
    """Finds where records end, by the state machine of :mod:`csv`: a quote opens only at the start of a cell."""

    def __init__(self, delimiter: str) -> None:
        self._quoted = re.compile(
            rb"(?:\A|(?<=[\r\n" + re.escape(delimiter.encode()) + rb']))"[^"]*+(?:""[^"]*+)*+("?)'
        )

    def last_record_end(self, data: bytes, *, is_last: bool = False) -> int:
        """Return the length of the whole records that the data, which begin with one, hold; 0 for none.

        :param is_last: nothing follows: the end of the data ends a record, except inside an open quoted cell.
        """
        end = at = 0
        stop = len(data) if is_last or not data.endswith(b"\r") else len(data) - 1
        is_open = False
        for match in self._quoted.finditer(data) if b'"' in data else ():
            end = max(end, _after_last_line_end(data, at, match.start()))
            is_open = not match[1]
            at = match.end()
        if is_open:
            return end
        return len(data) if is_last else max(end, _after_last_line_end(data, at, stop))


def _after_last_line_end(data: bytes, start: int, stop: int) -> int:
    if start >= stop:
        return 0
    return max(data.rfind(b"\n", start, stop), data.rfind(b"\r", start, stop)) + 1


def _lines(chunk: bytes) -> io.StringIO:
    return io.StringIO(chunk.decode("utf-8"), newline="")


def _valid_utf8(chunk: bytes) -> bytes:
    try:
        chunk.decode("utf-8")
    except UnicodeDecodeError:
        return b"\n".join(map(_valid_line, chunk.split(b"\n")))
    return chunk


def _valid_line(line: bytes) -> bytes:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1").encode("utf-8")
    return line


def _is_binary(data: bytes) -> bool:
    """Tell whether more than a twentieth of the first bytes are control characters: an archive, an image, no text."""
    data = data[:_SNIFFED_BYTES]
    text = data.translate(None, bytes([*range(9), *range(14, 32), 127]))
    return len(data) - len(text) > max(64, len(data) // 20)


def _sniff(data: bytes) -> str:
    first_line = re.split(rb"[\r\n]", data.lstrip(b"\r\n"), maxsplit=1)[0]
    if b"," in first_line:
        return ","
    commonest = max(("\t", ";", "|"), key=lambda char: first_line.count(char.encode()))
    return commonest if commonest.encode() in first_line else ","


def _read_with_polars(chunk: bytes, delimiter: str, width: int) -> PolarsTable | None:
    """Read a chunk with polars; None when polars would not read it as csv does."""
    if not 0 < width <= MAXIMUM_POLARS_WIDTH or chunk.count(b"\r") != chunk.count(b"\r\n"):
        return None
    plain = chunk
    if b'"' in chunk:
        mark = re.escape(delimiter.encode())
        plain = re.sub(rb"(?:\A|(?<=[\n" + mark + rb']))"[^"]*+(?:""[^"]*+)*+"(?=[\r\n' + mark + rb"]|\Z)", b"", chunk)
        if b'"' in plain:
            return None
    height = plain.count(b"\n") + (not chunk.endswith(b"\n"))
    try:
        frame = pl.read_csv(
            io.BytesIO(chunk),
            has_header=False,
            separator=delimiter,
            schema={str(column): pl.String for column in range(width)},
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:
        return None
    return PolarsTable(frame) if frame.height == height else None
