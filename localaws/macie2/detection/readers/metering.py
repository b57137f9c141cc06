"""Streams that count what is read from them and end where a limit is; sizes that an archive declares are ignored.

Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from dataclasses import dataclass

from localaws.macie2.detection.readers.source import IncompleteError, Readable

MAXIMUM_DEPTH = 10
MAXIMUM_FILES = 1_000_000
MAXIMUM_EXTRACTED_BYTES = 10 * 1024**3
MAXIMUM_FILE_BYTES = 3 * 1024**3

_PIECE_BYTES = 64 * 1024

#: What the standard library raises when an archive is broken, encrypted or in a method that it does not know.
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError)


@dataclass(slots=True)
class Budget:
    """The files and bytes that may still be extracted from an archive and its inner archives.

    :ivar over: reason code of the limit that was met; None as long as none was.
    """

    files: int
    bytes: int
    over: str | None = None

    @classmethod
    def full(cls) -> Budget:
        """Return what an archive may hold."""
        return cls(MAXIMUM_FILES, MAXIMUM_EXTRACTED_BYTES)

    def take_file(self) -> None:
        """Take one file.

        :raises IncompleteError: when there are too many.
        """
        self.files -= 1
        if self.files < 0:
            self._end("ARCHIVE_TOTAL_DOCUMENTS_PROCESSED_OVER_LIMIT")

    def take_bytes(self, count: int) -> None:
        """Take some bytes.

        :raises IncompleteError: when there are too many.
        """
        self.bytes -= count
        if self.bytes < 0:
            self._end("ARCHIVE_TOTAL_BYTES_EXTRACTED_OVER_LIMIT")

    def _end(self, reason: str) -> None:
        self.over = reason
        raise IncompleteError(reason)


class Metered:
    """A stream of at most so many bytes.

    :param budget: of the archive that the stream is taken out of.
    :ivar count: bytes that were read.
    """

    def __init__(self, stream: Readable, maximum_bytes: int, budget: Budget | None = None) -> None:
        # Of a broken archive, a read that asks for what is not there loses what is: hence read1, and little at a time.
        self._read = getattr(stream, "read1", stream.read)
        self._maximum_bytes = maximum_bytes
        self._budget = budget
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        """Read some bytes.

        :raises IncompleteError: over the limit, and where the archive is broken.
        """
        if self._budget is not None:
            size = _PIECE_BYTES if size < 0 else min(size, _PIECE_BYTES)
        try:
            data: bytes = self._read(size)
        except BROKEN:
            raise IncompleteError("MALFORMED_FILE") from None
        self.count += len(data)
        if self._budget is not None:
            self._budget.take_bytes(len(data))
        if self.count > self._maximum_bytes:
            raise IncompleteError("FILE_EXCEEDS_SIZE_LIMIT")
        return data
