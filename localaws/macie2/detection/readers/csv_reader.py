"""CSV as a stream of tables of bounded size, whatever the bytes are.

The stream is cut at record ends into chunks. A chunk that polars reads exactly as :mod:`csv` would is read by polars;
any other (stray quotes, lone carriage returns, rows longer than the header, very many columns) by :mod:`csv` itself.
Both give the same table. Records are those of :mod:`csv`: a quoted cell may hold line ends, a blank line is
a record.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

import polars as pl

from localaws.macie2.detection.readers.csv_layout import Layout
from localaws.macie2.detection.readers.csv_tables import CellFrame, CellRows, LinedRows
from localaws.macie2.detection.readers.source import Source, UnreadableError, count_line_ends, valid_utf8

CHUNK_BYTES = 8 * 1024 * 1024
# A quoted cell that has not ended after this many bytes is taken for a stray quote.
MAXIMUM_RECORD_BYTES = 4 * CHUNK_BYTES
MAXIMUM_POLARS_WIDTH = 1000
# A name with its plan takes half a kilobyte.
MAXIMUM_COLUMNS = 250_000
# So many cells are held at a time when csv reads: each takes ten times as much memory as with polars.
MAXIMUM_CELLS = 200_000

# csv's own limit of 128 KiB per cell is process-wide state; ours is MAXIMUM_RECORD_BYTES.
csv.field_size_limit(2**31 - 1)

type CsvTable = CellFrame | CellRows | LinedRows


class MalformedError(ValueError):
    """The bytes from here on are not CSV; the source returns them again, the error does not contain them."""


class CsvReader:
    """Reads one file once, front to back.

    :param layout: its delimiter, and where its header is.
    :param chunk_bytes: how much is read at a time; memory is a small multiple of it.
    :param always_csv: never use polars (for comparison).
    :ivar header: the first record below the preamble that is not blank; empty until it was read.
    :ivar is_located_by_line: all tables are :class:`LinedRows`; may be set before the next table is taken.
    :ivar next_line: 1-based number of the first line that no table has held yet.
    """

    def __init__(
        self, source: Source, layout: Layout, chunk_bytes: int = CHUNK_BYTES, *, always_csv: bool = False
    ) -> None:
        self._source = source
        self._delimiter = layout.delimiter
        self._preamble = layout.preamble
        self._chunk_bytes = chunk_bytes
        self._always_csv = always_csv
        self._next_row = 1
        self.header: list[str] = []
        self.is_located_by_line = False
        self.next_line = 1

    def tables(self) -> Iterator[CsvTable]:
        """Yield what the file holds; the header comes without what is below it, with what is above.

        :raises MalformedError: where the bytes stop being CSV.
        """
        for chunk in self._chunks():
            text = valid_utf8(chunk)
            if not self.header:
                size = self._header_size(text)
                yield self._lined(text[:size])
                text = text[size:]
            if text and self.is_located_by_line:
                yield self._lined(text)
            elif text:
                yield from self._celled(text)

    def _header_size(self, text: bytes) -> int:
        """Take the header if it is there; return where it ends, or else the text.

        :raises UnreadableError: when it has too many columns.
        """
        reader = csv.reader(io.TextIOWrapper(io.BytesIO(text), "utf-8", newline=""), delimiter=self._delimiter)
        self.header = next(filter(self._is_header, reader), [])
        if len(self.header) > MAXIMUM_COLUMNS:
            raise UnreadableError("UNABLE_TO_PARSE_FILE")
        ends = re.finditer(rb"\r\n|\r|\n", text)
        last = next((end for number, end in enumerate(ends, start=1) if number == reader.line_num), None)
        return last.end() if last else len(text)

    def _is_header(self, record: list[str]) -> bool:
        self._preamble -= 1
        return self._preamble < 0 and any(record)

    def _lined(self, text: bytes) -> LinedRows:
        table = LinedRows(text.decode(), self._delimiter, self._next_row, self.next_line)
        self._next_row += table.height
        self.next_line += count_line_ends(text)
        return table

    def _celled(self, text: bytes) -> Iterator[CellFrame | CellRows]:
        frame = None if self._always_csv else _read_with_polars(text, self._delimiter, len(self.header))
        if frame is not None:
            yield CellFrame(frame, self.header, self._next_row)
            self._next_row += frame.height
        else:
            lines = io.TextIOWrapper(io.BytesIO(text), "utf-8", newline="")
            records = csv.reader(lines, delimiter=self._delimiter)
            while rows := list(islice(records, max(1, MAXIMUM_CELLS // max(1, len(self.header))))):
                yield CellRows(rows, self.header, self._next_row)
                self._next_row += len(rows)
        self.next_line += frame.height if frame is not None and b'"' not in text else count_line_ends(text)

    def _chunks(self) -> Iterator[bytes]:
        cutter = _Cutter(self._delimiter)
        pending = b""
        while more := self._source.read(self._chunk_bytes):
            is_plain = b'"' not in pending and b'"' not in more
            if is_plain and (end := _after_last_line_end(more, 0, len(more) - more.endswith(b"\r"))):
                # What cutting takes is copying: no more of it than needed.
                yield b"".join((pending, memoryview(more)[:end]))
                pending = more[end:]
                continue
            pending = pending + more if pending else more
            end = cutter.last_record_end(pending)
            if end:
                yield pending[:end]
                pending = pending[end:]
            elif len(pending) > max(MAXIMUM_RECORD_BYTES, 2 * self._chunk_bytes):
                self._source.put_back(pending)
                raise MalformedError
        end = cutter.last_record_end(pending, is_last=True) if pending else 0
        if end:
            yield pending[:end]
        if end < len(pending):
            self._source.put_back(pending[end:])
            raise MalformedError


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


def _read_with_polars(chunk: bytes, delimiter: str, width: int) -> pl.DataFrame | None:
    """Read a chunk with polars; None when polars would not read it as csv does."""
    if not 0 < width <= MAXIMUM_POLARS_WIDTH or (b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n")):
        return None
    plain = chunk
    if b'"' in chunk:
        mark = re.escape(delimiter.encode())
        plain = re.sub(rb"(?:\A|(?<=[\n" + mark + rb']))"[^"]*+(?:""[^"]*+)*+"(?=[\r\n' + mark + rb"]|\Z)", b"", chunk)
        if b'"' in plain:
            return None
    try:
        frame = pl.read_csv(
            io.BytesIO(chunk),
            has_header=False,
            separator=delimiter,
            schema={str(column): pl.String for column in range(width)},
            infer_schema=False,
            n_threads=1,  # quicker than two, which also take time from other scans
            raise_if_empty=False,  # to find that out polars would copy the chunk
        )
    except pl.exceptions.PolarsError:
        return None
    return frame if _holds_all(frame, chunk) or frame.height == _height(plain, chunk) else None


def _holds_all(frame: pl.DataFrame, chunk: bytes) -> bool:
    """Return whether the cells, with what separates them, are as long as the chunk: quicker than counting its lines."""
    cells = frame.select(pl.sum_horizontal(pl.all().str.len_bytes().sum())).item()
    return bool(cells + frame.height * frame.width == len(chunk) + (not chunk.endswith(b"\n")))


def _height(plain: bytes, chunk: bytes) -> int:
    return plain.count(b"\n") + (not chunk.endswith(b"\n"))
