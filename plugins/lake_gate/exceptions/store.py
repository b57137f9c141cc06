"""Exceptions of a feed: documents below ``_exceptions/<feed>/`` in bronze, and ``include/exceptions/<feed>.json``.

A document is created once, and neither changed nor deleted. The file revokes exceptions (``revoked``), also those of
documents; so does a second document, ``<id>.revoked.json``. Damaged documents excuse nothing, and with a damaged file
nothing is excused.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake_gate.errors import DamagedDocumentError, ExceptionFileError, ExceptionStandsError, FinalGateError
from lake_gate.include import include_path
from lake_gate.model import jsonl
from lake_gate.model.exception import ID, REVOKED, USED, PolicyException, prefix_of, revoked_key, used_key
from lake_gate.model.names import loggable
from lake_gate.model.schema import iter_problems
from lake_gate.s3.documents import read_object_version, write_document_once, write_version
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

MOST_DOCUMENTS = 10_000
"""Most documents of a feed that are read, revocations included."""
MOST_BYTES = 100_000
"""Size of the largest document that is read."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """Document that was written, for the ledger."""

    uri: str
    version_id: str
    content: bytes


@dataclass(slots=True)
class Read:
    """The exceptions of a feed.

    :param exceptions: those that are not revoked, in the order of their ids; some may have ended.
    :param problems: sentences about documents and files that are damaged, with names only.
    :param never_used: ids of those without which no decision of a run would have been stricter.
    """

    exceptions: list[PolicyException] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    never_used: list[str] = field(default_factory=list)


def read_exceptions(s3: S3Client, bronze: str, feed: str) -> list[PolicyException]:
    """Return the exceptions of a feed from both sources, without the revoked; damaged ones are logged as errors."""
    return read_all(s3, bronze, feed).exceptions


def read_all(s3: S3Client, bronze: str, feed: str) -> Read:
    """Return the exceptions of a feed from both sources, without the revoked, and what is damaged."""
    read = Read()
    keys = _list_keys(s3, bronze, feed)
    if len(keys) > MOST_DOCUMENTS:  # a revocation may be among the others
        uri = f"s3://{bronze}/{prefix_of(feed)}"
        return _logged(Read([], [f"{uri} has more than {MOST_DOCUMENTS} documents: no exception is used"]))
    by_id: defaultdict[str, list[PolicyException]] = defaultdict(list)
    file = _read_file(feed, read)
    if file is None:  # it may revoke any of the others
        return _logged(read)
    for exception in (*_iter_documents(s3, bronze, keys, read), *file.exceptions):
        is_revoked = exception.id in file.revoked or revoked_key(feed, exception.id) in keys
        if not is_revoked and exception not in by_id[exception.id]:
            by_id[exception.id].append(exception)
    for exception_id, same in sorted(by_id.items()):
        if len(same) == 1:
            read.exceptions += same
        elif same:
            read.problems.append(f"Two different exceptions of {feed} have the id {exception_id}: neither is used")
    read.never_used = [each.id for each in read.exceptions if used_key(feed, each.id) not in keys]
    return _logged(read)


def _logged(read: Read) -> Read:
    for problem in read.problems:
        log.error("%s", loggable(problem))
    return read


def add_exception(s3: S3Client, bronze: str, exception: PolicyException) -> StoredDocument:
    """Write the document of an exception; a retry finds the same one.

    :raises ValueError: when it is not valid; the text contains nothing of the content.
    :raises ExceptionStandsError: when another one has its id, or it was revoked.
    """
    content = PolicyException.from_json(exception.to_json()).to_json()
    if head_version(s3, bronze, revoked_key(exception.feed, exception.id)) is not None:
        raise ExceptionStandsError(f"s3://{bronze}/{revoked_key(exception.feed, exception.id)}")
    return _create(s3, bronze, exception.key, content)


def revoke(s3: S3Client, bronze: str, feed: str, exception_id: str, *, by: str, reason: str, at: str) -> StoredDocument:
    """Write the document that revokes an exception; of several the first is kept.

    :param by: user.
    :param at: time in UTC, as ISO 8601.
    """
    key = revoked_key(feed, exception_id)
    content = {"id": exception_id, "feed": feed, "revoked_by": by, "reason": reason, "revoked_at": at}
    try:
        return _create(s3, bronze, key, content)
    except ExceptionStandsError:
        answer = s3.get_object(Bucket=bronze, Key=key)
        return StoredDocument(f"s3://{bronze}/{key}", answer["VersionId"], answer["Body"].read())


def note_use(s3: S3Client, bronze: str, feed: str, exception_id: str, record_uri: str) -> None:
    """Note the first run that has used an exception, for messages; no decision rests on it.

    :param record_uri: of the run.
    """
    content = json.dumps({"id": exception_id, "feed": feed, "record_uri": record_uri}, indent=1).encode()
    write_document_once(s3, bronze, used_key(feed, exception_id), content)


def _create(s3: S3Client, bronze: str, key: str, content: dict[str, Any]) -> StoredDocument:
    raw = json.dumps(content, indent=1, ensure_ascii=False).encode()
    version_id, is_this = write_version(s3, bronze, key, raw)
    if not is_this:
        raise ExceptionStandsError(f"s3://{bronze}/{key}")
    return StoredDocument(f"s3://{bronze}/{key}", version_id, raw)


def _list_keys(s3: S3Client, bronze: str, feed: str) -> set[str]:
    """Return the keys of the feed's documents, at most one more than are read."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=prefix_of(feed))
    return set(islice((item["Key"] for page in pages for item in page.get("Contents", ())), MOST_DOCUMENTS + 1))


def _iter_documents(s3: S3Client, bronze: str, keys: set[str], read: Read) -> Iterator[PolicyException]:
    revoked = {key.removesuffix(REVOKED) + ".json" for key in keys if key.endswith(REVOKED)}
    wanted = sorted(key for key in keys - revoked if not key.endswith((REVOKED, USED)))
    for key, content in map_threads(lambda key: _read_document(s3, bronze, key), wanted):
        try:
            yield _parse(content, key)
        except ValueError as problem:
            read.problems.append(str(DamagedDocumentError(f"s3://{bronze}/{key}", str(problem))))


def _parse(content: bytes, key: str) -> PolicyException:
    exception = PolicyException.from_json(jsonl.parse(content))
    if exception.key != key:
        raise ValueError("its key is not that of its feed and id")
    return exception


def _read_document(s3: S3Client, bronze: str, key: str) -> bytes:
    """Return the content of a document; nothing, which is not valid, if it is gone or too large."""
    try:
        return read_object_version(s3, bronze, key, most_bytes=MOST_BYTES) or b""
    except DamagedDocumentError:
        return b""


@dataclass(frozen=True, slots=True)
class ExceptionFile:
    """Content of ``include/exceptions/<feed>.json``.

    :param revoked: ids of exceptions that are revoked, also of those in bronze.
    """

    exceptions: tuple[PolicyException, ...] = ()
    revoked: frozenset[str] = frozenset()


def _read_file(feed: str, read: Read) -> ExceptionFile | None:
    """Return the content of the feed's file, nothing without a file; None if it is not valid."""
    try:
        path = Path(include_path(f"exceptions/{feed}.json"))
    except FinalGateError:
        return ExceptionFile()
    try:
        return parse_file(feed, json.loads(path.read_text(encoding="utf-8")))
    except ValueError as problem:
        read.problems.append(str(ExceptionFileError(str(path), str(problem))))
        return None


_FILE = {
    "type": "object",
    "properties": {
        "exceptions": {"type": "array"},
        "revoked": {"type": "array", "items": {"type": "string", "pattern": rf"^{ID}\Z"}},
    },
    "required": ["exceptions"],
    "additionalProperties": False,
}


def parse_file(feed: str, content: Any) -> ExceptionFile:
    """Parse the content of ``include/exceptions/<feed>.json``.

    :raises ValueError: when it is not valid; names every wrong key.
    """
    if problems := list(iter_problems(_FILE, content)):
        raise ValueError("; ".join(problems))
    exceptions: list[PolicyException] = []
    for number, item in enumerate(content["exceptions"]):
        try:
            exceptions.append(PolicyException.from_file(item))
        except ValueError as problem:
            problems.append(f"exceptions[{number}]: {problem}")
    problems += [f"{each.id}: feed: expected {feed}" for each in exceptions if each.feed != feed]
    if len({each.id for each in exceptions}) < len(exceptions):
        problems.append("exceptions: two have the same id")
    if problems:
        raise ValueError("; ".join(problems))
    return ExceptionFile(tuple(exceptions), frozenset(content.get("revoked", ())))
