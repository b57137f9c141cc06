"""Files of a delivery, and the limits for files of all kinds of sources."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from lake_gate.errors import SourceError

MAX_ARCHIVE_BYTES = 8 * 1024**3
"""Most bytes of a zip, packed and unpacked. It is stored on the worker's disk together with copies of its members; on
MWAA the disk has 20 GB for all tasks of a worker and its image.

Source: https://aws.amazon.com/managed-workflows-for-apache-airflow/faqs/
"""
MAX_NAME_BYTES = 700
"""Most bytes of a file's path in the delivery: S3 allows 1,024 bytes for the key, with the prefix of the run."""
CHUNK_BYTES = 1024**2
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """File of a delivery.

    :param name: path in the delivery, with ``/`` between its parts.
    :param open: opens the content for reading; can be called many times.
    :param etag: ETag, if the file is an object in S3: the same ETag means that it was not written since.
    """

    name: str
    size_bytes: int
    open: Callable[[], IO[bytes]]
    etag: str = ""


def check_name(source: str, name: str, most_bytes: int = MAX_NAME_BYTES) -> None:
    """Check that a name can be part of a key.

    :raises SourceError: when it leads out of the delivery, is too long, or has characters that S3 advises against.
    """
    parts = name.split("/")
    if "\\" in name or _DRIVE.match(name) or {"", ".", ".."} & set(parts):
        raise SourceError(source, f"the file name {name!r} leads out of the delivery or is not a plain relative path")
    if any(
        ord(c) < 32 or ord(c) in {127, 0xFFFE, 0xFFFF} or 0xD800 <= ord(c) <= 0xDFFF for c in name
    ):  # not valid in XML
        raise SourceError(source, f"the file name {name!r} holds characters that are not allowed in keys")
    if len(name.encode()) > most_bytes:
        raise SourceError(source, f"a file name is longer than {most_bytes} bytes: {name[:80]!r}...")


def copy_bounded(source: str, stream: IO[bytes], into: IO[bytes]) -> None:
    """Copy an archive, up to the limit.

    :raises SourceError: when it is larger than ``MAX_ARCHIVE_BYTES``.
    """
    while chunk := stream.read(CHUNK_BYTES):
        into.write(chunk)
        if into.tell() > MAX_ARCHIVE_BYTES:
            raise SourceError(source, f"it is larger than {MAX_ARCHIVE_BYTES} bytes")
