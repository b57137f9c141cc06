"""Exceptions of a feed: documents below ``_exceptions/<feed>/`` in bronze, and ``include/exceptions/<feed>.json``.

A document is created once, and neither changed nor deleted. The file alone revokes exceptions (``revoked``), also those
of documents; for the latter a document below ``_exceptions/<feed>/revoked/`` is created, so that they stay revoked
whatever becomes of the file. Damaged documents excuse nothing, and with a damaged file nothing is excused.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake_gate.errors import DamagedDocumentError, ExceptionFileError, ExceptionStandsError, FinalGateError
from lake_gate.include import include_path
from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Kind
from lake_gate.model import jsonl
from lake_gate.model.exception import ID, REVOKED, USES, PolicyException, prefix_of, revoked_key, used_key
from lake_gate.model.names import loggable
from lake_gate.model.schema import iter_problems
from lake_gate.s3.documents import read_object_version, write_document_once, write_version
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.settings import Settings

log = logging.getLogger(__name__)

MOST_DOCUMENTS = 10_000
"""Most documents of a feed that are read."""
_MANY = 0.8
"""Share of :data:`MOST_DOCUMENTS` from which on messages warn."""
_MAKE_ROOM = "as the deployer, delete documents of exceptions that have ended (docs/feeds.md, Exceptions)"
MOST_BYTES = 100_000
"""Size of the largest document that is read."""
_SETTLED_AFTER = timedelta(hours=1)
"""How long after a revocation was recorded its line is appended again."""


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
    :param problems: sentences about documents and files that are damaged or too many, with names only.
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
    listed, read = _list(s3, bronze, prefix_of(feed)), Read()
    uri = f"s3://{bronze}/{prefix_of(feed)}"
    if len(listed) > MOST_DOCUMENTS:  # another exception with the id of one of the file may be among the others
        problem = f"{uri} has more than {MOST_DOCUMENTS:,} documents, so no exception is used: {_MAKE_ROOM}"
        return _logged(Read([], [problem]))
    if len(listed) >= MOST_DOCUMENTS * _MANY:
        read.problems.append(f"{uri} has {len(listed):,} of at most {MOST_DOCUMENTS:,} documents: {_MAKE_ROOM}")
    by_id: defaultdict[str, list[PolicyException]] = defaultdict(list)
    file = _read_file(feed, read)
    if file is None:  # it may revoke any of the others
        return _logged(read)
    keys, recorded = _split(feed, listed)
    read.problems += _revoked_problems(feed, file, keys, recorded)
    revoked = file.revoked | recorded
    for exception in (*_iter_documents(s3, bronze, keys, read), *file.exceptions):
        if exception.id not in revoked and exception not in by_id[exception.id]:
            by_id[exception.id].append(exception)
    for exception_id, same in sorted(by_id.items()):
        if len(same) == 1:
            read.exceptions += same
        elif same:
            read.problems.append(f"Two different exceptions of {feed} have the id {exception_id}: neither is used")
    used = _list(s3, bronze, f"{USES}{feed}/")
    read.never_used = [each.id for each in read.exceptions if used_key(feed, each.id) not in used]
    return _logged(read)


def _split(feed: str, listed: Iterable[str]) -> tuple[set[str], frozenset[str]]:
    """Return which of the listed keys are those of exceptions, and the ids that the others revoke."""
    keys, prefix = set(listed), f"{prefix_of(feed)}{REVOKED}"
    revoking = {key for key in keys if key.startswith(prefix)}
    return keys - revoking, frozenset(key.removeprefix(prefix).removesuffix(".json") for key in revoking)


def _revoked_problems(feed: str, file: ExceptionFile, keys: Collection[str], recorded: frozenset[str]) -> Iterator[str]:
    """Yield what of a feed's file has another effect than its author may think."""
    path, in_file = f"include/exceptions/{feed}.json", {each.id for each in file.exceptions}
    for unknown in sorted(file.revoked - recorded - in_file):
        if f"{prefix_of(feed)}{unknown}.json" not in keys:
            yield f"{path} revokes {unknown}, but no exception of the feed has this id"
    for exception_id in sorted(in_file & recorded - file.revoked):
        yield f"{path} has {exception_id}, which was revoked: it is not used; give it another id"


def record_revocations(s3: S3Client, settings: Settings, feed: str) -> None:
    """Create a document for each exception in bronze that the feed's file revokes, with a line in the ledger.

    The line is appended again within an hour: the try that has created the document may have died before.
    """
    file = _read_file(feed, Read())
    if file is None or not file.revoked:
        return
    listed = _list(s3, settings.bronze_bucket, prefix_of(feed))
    for exception_id in sorted(file.revoked):
        key = revoked_key(feed, exception_id)
        is_settled = key in listed and datetime.now(UTC) - listed[key] > _SETTLED_AFTER
        if f"{prefix_of(feed)}{exception_id}.json" in listed and not is_settled:
            content = json.dumps({"id": exception_id, "feed": feed}, indent=1).encode()
            version_id, is_this = write_version(s3, settings.bronze_bucket, key, content)
            if is_this:
                append_document(s3, settings, feed, Kind.REVOCATION, key, version_id, content)
                log.info("Revoked, also without the file: %s", exception_id)


def _logged(read: Read) -> Read:
    for problem in read.problems:
        log.error("%s", loggable(problem))
    return read


def check_addable(s3: S3Client, bronze: str, feed: str, exceptions: Sequence[PolicyException]) -> None:
    """Check that exceptions of a feed can be added, or are there already.

    :raises ExceptionFileError: when the feed's file is damaged: it may revoke any of them.
    :raises ExceptionStandsError: when one was revoked, another one has its id, or there is no room for all.
    """
    _check_file(bronze, feed, exceptions)
    listed = _list(s3, bronze, prefix_of(feed))
    keys, recorded = _split(feed, listed)
    new = {exception.key for exception in exceptions} - keys
    for exception in exceptions:
        uri = f"s3://{bronze}/{exception.key}"
        if exception.id in recorded:
            raise ExceptionStandsError(uri, "it was revoked")
        if len(listed) + len(new) > MOST_DOCUMENTS:
            raise ExceptionStandsError(uri, f"the feed may have {MOST_DOCUMENTS:,} documents. {_MAKE_ROOM}")
        if exception.key not in new and _read_document(s3, bronze, exception.key) != _dump(exception.to_json()):
            raise ExceptionStandsError(uri, "another one has its id")


def _check_file(bronze: str, feed: str, exceptions: Sequence[PolicyException]) -> None:
    """Check what the feed's file says about the ids of exceptions that are added.

    :raises ExceptionFileError, ExceptionStandsError: see :func:`check_addable`.
    """
    file = _read_file(feed, Read())
    if file is None:
        raise ExceptionFileError(f"include/exceptions/{feed}.json", "it is damaged, so it may revoke them")
    for exception in exceptions:
        uri = f"s3://{bronze}/{exception.key}"
        if exception.id in file.revoked:
            raise ExceptionStandsError(uri, f"include/exceptions/{feed}.json revokes its id")
        if any(each.id == exception.id and each != exception for each in file.exceptions):
            raise ExceptionStandsError(uri, "another one has its id")


def add_exception(s3: S3Client, bronze: str, exception: PolicyException) -> StoredDocument:
    """Write the document of an exception; a retry finds the same one.

    The documents of the feed are not listed: :func:`check_addable` has done it for all exceptions of a request.

    :raises ValueError: when it is not valid; the text contains nothing of the content.
    :raises ExceptionFileError: when the feed's file is damaged.
    :raises ExceptionStandsError: when the file revokes it, or another one has its id.
    """
    raw = _dump(PolicyException.from_json(exception.to_json()).to_json())
    _check_file(bronze, exception.feed, [exception])
    version_id, is_this = write_version(s3, bronze, exception.key, raw)
    uri = f"s3://{bronze}/{exception.key}"
    if not is_this:
        raise ExceptionStandsError(uri, "another one has its id")
    return StoredDocument(uri, version_id, raw)


def note_use(s3: S3Client, bronze: str, feed: str, exception_id: str, record_uri: str) -> None:
    """Note the first run that has used an exception, for messages; no decision rests on it.

    :param record_uri: of the run.
    """
    content = json.dumps({"id": exception_id, "feed": feed, "record_uri": record_uri}, indent=1).encode()
    write_document_once(s3, bronze, used_key(feed, exception_id), content)


def _dump(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def _list(s3: S3Client, bronze: str, prefix: str) -> dict[str, datetime]:
    """Return the keys below a prefix with their times, at most one more than :data:`MOST_DOCUMENTS`."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=prefix)
    found = ((item["Key"], item["LastModified"]) for page in pages for item in page.get("Contents", ()))
    return dict(islice(found, MOST_DOCUMENTS + 1))


def _iter_documents(s3: S3Client, bronze: str, keys: set[str], read: Read) -> Iterator[PolicyException]:
    for key, content in map_threads(lambda key: _read_document(s3, bronze, key), sorted(keys)):
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
