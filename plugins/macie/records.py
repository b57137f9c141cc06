"""JSON lines: read the records of discovery results, write those of documents. No AWS call."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from macie.errors import DiscoveryResultUnreadableError

type Transform = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Returns the part of a record to store."""

MOST_LINE_BYTES = 64 * 1024 * 1024
"""Limit of an unpacked line of a discovery result. A record with 1,000 places of every identifier is smaller."""

_CHUNK_BYTES = 1024 * 1024


def iter_records(content: bytes, uri: str) -> Iterator[dict[str, Any]]:
    """
    Iterate over the records of a discovery result, unpacking it line by line.

    :param content: the object's bytes, gzip of JSON Lines
    :param uri: the object's URI
    :raises DiscoveryResultUnreadableError: a line is not a JSON object, or too long; the error does not contain it
    """
    with gzip.open(io.BytesIO(content)) as file:
        for number, line in enumerate(_lines(file, uri), start=1):
            if line.strip():
                record = _parsed(line)
                if record is None:
                    raise DiscoveryResultUnreadableError(uri, number)
                yield record


def ends_with_newline(content: bytes) -> bool:
    """
    Return whether the unpacked lines end with a newline, or are none.

    :param content: gzip of JSON Lines; False for what cannot be unpacked
    """
    last = b"\n"
    try:
        with gzip.open(io.BytesIO(content)) as file:
            while chunk := file.read(_CHUNK_BYTES):
                last = chunk[-1:]
    except (OSError, EOFError, zlib.error):
        return False
    return last == b"\n"


def _lines(file: Any, uri: str) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        try:
            line: bytes | None = file.readline(MOST_LINE_BYTES)
        except (OSError, EOFError, zlib.error):  # not gzip, cut off, or damaged
            line = None
        if line is None or len(line) >= MOST_LINE_BYTES:
            raise DiscoveryResultUnreadableError(uri, number)
        if not line:
            return
        yield line


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def to_line(record: Mapping[str, Any], transform: Transform | None) -> bytes:
    """Return a record as one line of compact JSON, newline included."""
    stored = transform(record) if transform else record
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
