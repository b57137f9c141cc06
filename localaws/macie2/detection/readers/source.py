"""An object's bytes as text: UTF-8, or UTF-16 with a byte order mark; a line that is not UTF-8 is read as Latin-1."""

from __future__ import annotations

import codecs
from typing import Protocol


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most that many bytes, and b"" only at the end."""


class IncompleteError(Exception):
    """The rest of the file cannot be analysed, for a documented reason; hits before it count."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableError(IncompleteError):
    """Nothing of the file can be analysed."""


class Source:
    """Bytes without byte order mark, in UTF-8 also when the object is in UTF-16; read once, front to back."""

    _MARKS = ((codecs.BOM_UTF8, ""), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_started = False
        self._ahead = b""
        self._failure: IncompleteError | None = None

    def peek(self, size: int) -> bytes:
        """Return the next bytes, about that many, without using them up."""
        self._ahead = self._ahead or self.read(size)
        return self._ahead

    def put_back(self, data: bytes) -> None:
        """Put bytes back, to be read before all others."""
        self._ahead = data + self._ahead

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

    def read_valid(self, size: int) -> bytes:
        """Return valid UTF-8, about that many bytes, up to the end of a line when there is one; b"" at the end."""
        data = self.read(size)
        end = data.rfind(b"\n") + 1
        if 0 < end < len(data):
            self.put_back(data[end:])
            data = data[:end]
        while not end and (cut := _character_end(data)) < len(data) and (more := self.read(1)):
            if cut:
                self.put_back(data[cut:] + more)
                data = data[:cut]
            else:  # nothing but the beginning of a character
                data += more
        return valid_utf8(data)

    def _fill(self, size: int) -> bytes:
        """Read so many bytes; where reading fails, what came before is returned first."""
        if self._failure is not None:
            raise self._failure
        missing = max(size, len(codecs.BOM_UTF8))
        parts: list[bytes] = []
        try:
            while missing > 0 and (part := self._stream.read(missing)):
                parts.append(part)
                missing -= len(part)
        except IncompleteError as failure:
            if not parts:
                raise
            self._failure = failure
        return parts[0] if len(parts) == 1 else b"".join(parts)

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


def _character_end(data: bytes) -> int:
    """Return the length without the last character when that is not whole."""
    for back in range(1, min(4, len(data)) + 1):
        lead = data[-back]
        if lead & 0xC0 != 0x80:
            width = 4 if lead >= 0xF0 else 3 if lead >= 0xE0 else 2 if lead >= 0xC0 else 1
            return len(data) - back if width > back else len(data)
    return len(data)


def valid_utf8(data: bytes) -> bytes:
    """Return the bytes with every line that is not UTF-8 read as Latin-1."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return b"\n".join(map(_valid_line, data.split(b"\n")))
    return data


def _valid_line(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1").encode()
    return line


def count_line_ends(data: bytes) -> int:
    """Count the ends of lines, of whichever kind."""
    returns = data.count(b"\r")
    return data.count(b"\n") + (returns - data.count(b"\r\n") if returns else 0)
