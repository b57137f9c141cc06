"""Append lines to the ledger of a feed, and read its head.

Each line is an object of its own, created only if it does not exist. Of two writers that want to write the same line
one is refused; it reads the line of the other one and takes the next number. So the chain has no gap and no fork.

A damaged line does not stop the gate: the next line has the hash of its bytes, whatever they are, and
``python -m lake_gate.verify`` reports it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lake_gate.ledger.chain import FIRST, MOST_LINE_BYTES, Kind, Line, hash_of, name_of, prefix_of, sequence_of
from lake_gate.model.names import loggable
from lake_gate.s3.documents import read_object_version, write_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.settings import Settings

log = logging.getLogger(__name__)

_MOST_HEADS = 10
_TRIES = 100
"""Most lines of other writers that come first."""
_LISTED = 10
"""Objects that are listed to find the newest line: another writer's object may sort before it."""

type _Stored = tuple[int, bytes]
"""Number and content of a line."""


def append(s3: S3Client, bucket: str, feed: str, kind: str, uri: str, version_id: str, sha256: str, at: str) -> Line:
    """Append a line about a document, and return it; the latest line is returned if it is about the same document.

    Elsewhere in the chain a second line about the same version is harmless.

    :param bucket: of the ledger.
    :param kind: see :class:`lake_gate.ledger.chain.Kind`.
    :param uri: address of the document, ``s3://bucket/key``.
    :param at: time in UTC.
    :raises DamagedDocumentError: when no line can follow the latest one.
    :raises GateError: when too many other writers come first.
    """
    wanted = (Kind(kind), uri, version_id, sha256)
    newest = _read_newest(s3, bucket, feed)
    for _ in range(_TRIES):
        number, content = newest
        latest = _parse(content)
        if latest and latest.document == wanted:
            return latest
        line = Line(number + 1, at, *wanted, hash_of(content) if number else FIRST)
        key = _key(bucket, feed, line.sequence)
        if write_version(s3, bucket, key, line.to_bytes())[1]:
            return line
        if (other := read_object_version(s3, bucket, key, most_bytes=MOST_LINE_BYTES)) is not None:
            newest = line.sequence, other
    from lake_gate.errors import GateError  # imports Airflow

    raise GateError(f"Other writers came first at {_TRIES} lines of s3://{bucket}/{prefix_of(feed)}. Clear the task.")


def append_document(
    s3: S3Client, settings: Settings, feed: str, kind: Kind, key: str, version_id: str, content: bytes
) -> Line:
    """Append a line about a document in bronze that was just written, see :func:`append`."""
    uri, now = f"s3://{settings.bronze_bucket}/{key}", datetime.now(UTC).isoformat(timespec="seconds")
    return append(s3, settings.ledger, feed, kind, uri, version_id, hash_of(content), now)


def read_head(s3: S3Client, bucket: str, feed: str) -> Line | None:
    """Return the latest line of a feed's ledger; None if it has none.

    :raises DamagedDocumentError: when the line is damaged.
    """
    number, content = _read_newest(s3, bucket, feed)
    if number and not (line := _parse(content)):
        raise _damaged(bucket, prefix_of(feed) + name_of(number), "it is not a line of a ledger")
    return line if number else None


def heads(s3: S3Client, bucket: str, feeds: Iterable[str]) -> list[str]:
    """Return a line of a message for the ledger of each feed; an error stops no message.

    A reader who keeps the message notices a chain that is rewritten later.
    """
    lines = []
    for feed in sorted(set(feeds))[:_MOST_HEADS]:
        try:
            if head := read_head(s3, bucket, feed):
                lines.append(f"Head of the ledger of {feed}: {head.head}")
        except Exception as error:
            log.warning("Cannot read the head of the ledger of %s: %s", loggable(feed), type(error).__name__)
    return lines


def _read_newest(s3: S3Client, bucket: str, feed: str) -> _Stored:
    """Return the latest line; 0 and nothing if there is none."""
    prefix = prefix_of(feed)
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=_LISTED).get("Contents", [])
    numbers = (sequence_of(item["Key"].removeprefix(prefix)) for item in listed)
    if not (number := next(filter(None, numbers), None)):
        if len(listed) == _LISTED:
            raise _damaged(bucket, prefix, "its first objects are not lines of a ledger")
        return 0, b""
    key = prefix + name_of(number)
    if (content := read_object_version(s3, bucket, key, most_bytes=MOST_LINE_BYTES)) is None:
        raise _damaged(bucket, key, "it was deleted while it was read")
    return number, content


def _parse(content: bytes) -> Line | None:
    try:
        return Line.parse(content)
    except ValueError:
        return None


def _key(bucket: str, feed: str, sequence: int) -> str:
    try:
        return prefix_of(feed) + name_of(sequence)
    except ValueError:
        raise _damaged(bucket, prefix_of(feed), "its latest line has the last possible number") from None


def _damaged(bucket: str, key: str, problem: str) -> Exception:
    from lake_gate.errors import DamagedDocumentError  # imports Airflow

    return DamagedDocumentError(f"s3://{bucket}/{key}", problem)
