"""The files in archives, as streams in sequence. Nothing is extracted to a path from an archive."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast

from localaws.macie2.detection.readers.formats import Kind
from localaws.macie2.detection.readers.metering import BROKEN
from localaws.macie2.detection.readers.source import Readable, UnreadableError

# An archive that must be read from its end is kept in memory up to this size, and on disk beyond.
_IN_MEMORY_BYTES = 16 * 1024 * 1024
# zipfile holds the whole directory, and makes some 600 bytes of every 50 or more in it.
MAXIMUM_DIRECTORY_BYTES = 16 * 1024 * 1024
# tarfile holds a header whole, however long it says it is.
MAXIMUM_TAR_HEADER_BYTES = 1024 * 1024
_ANY_SIZE = 1 << 62
_LONGEST_PATH = 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive.

    :param stream: its content; None when that cannot be read.
    """

    path: str
    last_modified_at: datetime | None
    stream: Readable | None


def iter_members(kind: Kind, stream: Readable, name: str) -> Iterator[Member]:
    """Yield the files of an archive; each must be read before the next is asked for.

    :param name: of the archive, from which the name of a file in a gzip archive is derived.
    :raises UnreadableError: when the archive is broken.
    """
    members = {Kind.GZIP: _gzip, Kind.ZIP: _zip, Kind.TAR: _tar}[kind](stream, name)
    while True:
        try:
            member = next(members)
        except StopIteration:
            return
        except (*BROKEN, ValueError, struct.error):
            raise UnreadableError("MALFORMED_FILE") from None
        yield member


def _gzip(stream: Readable, name: str) -> Iterator[Member]:
    with gzip.GzipFile(fileobj=cast("IO[bytes]", stream), mode="rb") as content:
        if not content.peek(1) and content.mtime is None:
            raise EOFError  # without a header
        stem, _, extension = name.rpartition("/")[2].rpartition(".")
        path = stem if extension.lower() in ("gz", "gzip") else extension
        yield Member(_printable(path), _moment(content.mtime), content)


def _zip(stream: Readable, name: str) -> Iterator[Member]:
    with _seekable(stream) as file:
        if _directory_bytes(file) > MAXIMUM_DIRECTORY_BYTES:
            raise UnreadableError("ARCHIVE_TOTAL_DOCUMENTS_PROCESSED_OVER_LIMIT")
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield from _zip_member(archive, entry)


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Member]:
    try:
        modified = datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        modified = None
    path = _printable(entry.filename)
    is_encrypted = entry.flag_bits & 0x1
    if is_encrypted or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield Member(path, modified, None)
        return
    entry.file_size = _ANY_SIZE  # the declared size could hide the rest of the content
    try:
        content = archive.open(entry)
    except (*BROKEN, ValueError):
        yield Member(path, modified, None)
        return
    with content:
        yield Member(path, modified, content)


def _tar(stream: Readable, name: str) -> Iterator[Member]:
    headers = _Headers(stream)
    with tarfile.open(fileobj=cast("IO[bytes]", headers), mode="r|") as archive:
        while (entry := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined]  # it keeps all entries
            headers.left = None
            if entry.isfile() and (content := archive.extractfile(entry)) is not None:
                yield Member(_printable(entry.name), _moment(entry.mtime), content)
                while content.read(1 << 20):
                    pass
            headers.left = MAXIMUM_TAR_HEADER_BYTES


class _Headers:
    """A stream that limits the bytes read for a header.

    :ivar left: bytes that may still be read; None: any number.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.left: int | None = MAXIMUM_TAR_HEADER_BYTES

    def read(self, size: int = -1, /) -> bytes:
        """Read some bytes.

        :raises OSError: when the header is too long.
        """
        data = self._stream.read(size)
        if self.left is not None:
            self.left -= len(data)
            if self.left < 0:
                raise OSError("header too long")
        return data


@contextmanager
def _seekable(stream: Readable) -> Iterator[IO[bytes]]:
    if isinstance(stream, io.BytesIO):
        yield stream
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as file:
        shutil.copyfileobj(cast("IO[bytes]", stream), file)
        file.seek(0)
        yield cast("IO[bytes]", file)


def _directory_bytes(file: IO[bytes]) -> int:
    """Return the size of the directory of a zip file as its end says; zipfile reads no more than that.

    Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.14 to 4.3.16)
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 22 - 0xFFFF - 20))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        return 0
    declared = int.from_bytes(tail[at + 12 : at + 16], "little")
    locator = tail[max(0, at - 20) : at]
    if locator.startswith(b"PK\6\7"):
        file.seek(min(size, int.from_bytes(locator[8:16], "little")))
        record = file.read(56)
        file.seek(0)
        declared = max(declared if declared != 0xFFFFFFFF else 0, int.from_bytes(record[40:48], "little"))
    return declared


def _moment(seconds: float | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _printable(path: str) -> str:
    """Return a path with valid characters only, cut to its end if it is very long."""
    return path.encode("utf-8", "replace").decode()[-_LONGEST_PATH:]
