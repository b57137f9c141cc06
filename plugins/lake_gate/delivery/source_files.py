"""Files of a delivery, and the limits that hold for them wherever they come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from lake_gate.errors import SourceError

MAX_ARCHIVE_BYTES = 8 * 1024**3
"""Most that a zip may be, packed and unpacked. It is kept on the worker's disk, beside copies of its members; on MWAA
that has 20 GB for all tasks of a worker and its image.

Source: https://aws.amazon.com/managed-workflows-for-apache-airflow/faqs/
"""
MAX_NAME_BYTES = 700
"""Of a file's path in the delivery: S3 allows 1,024 bytes for the whole key, with the prefix of the run."""
CHUNK_BYTES = 1024**2
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a delivery.

    :param name: path in the delivery, with ``/`` between its parts.
    :param open: opens its content for reading, as often as it is called.
    :param etag: of the object, when the file is one in S3: the same ETag means that it was not written since.
    """

    name: str
    size_bytes: int
    open: Callable[[], IO[bytes]]
    etag: str = ""


def check_name(source: str, name: str, most_bytes: int = MAX_NAME_BYTES) -> None:
    """Check that a name can be the end of a key.

    :raises SourceError: when it leads out of the delivery, or no key should have it.
    """
    parts = name.split("/")
    if "\\" in name or _DRIVE.match(name) or {"", ".", ".."} & set(parts):
        raise SourceError(source, f"the file name {name!r} leads out of the delivery or is no plain relative path")
    if any(ord(c) < 32 or ord(c) in {127, 0xFFFE, 0xFFFF} or 0xD800 <= ord(c) <= 0xDFFF for c in name):  # nor may XML
        raise SourceError(source, f"the file name {name!r} holds characters that no key should have")
    if len(name.encode()) > most_bytes:
        raise SourceError(source, f"a file name is longer than {most_bytes} bytes: {name[:80]!r}...")


def copy_bounded(source: str, stream: IO[bytes], into: IO[bytes]) -> None:
    """Copy an archive.

    :raises SourceError: when it is larger than an archive may be.
    """
    while chunk := stream.read(CHUNK_BYTES):
        into.write(chunk)
        if into.tell() > MAX_ARCHIVE_BYTES:
            raise SourceError(source, f"it is larger than {MAX_ARCHIVE_BYTES} bytes")
