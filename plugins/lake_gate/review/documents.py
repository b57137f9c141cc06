"""Read and write the documents of a review request in bronze, each of which is written once.

Each has a line in the ledger of its feed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lake_gate.errors import DamagedDocumentError, ReviewError
from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Kind
from lake_gate.model import jsonl
from lake_gate.model.run import FEED_NAME, REVIEW_ID, REVIEWS
from lake_gate.review.request import (
    ANSWERS,
    ENDS,
    MOST_ANSWERS,
    MOST_IGNORED,
    OUTCOME,
    PURGING,
    REQUEST,
    RETURNED,
    Answer,
    Request,
    documents_of,
)
from lake_gate.s3.documents import GONE, parse_object, read_object_version, write_version
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.settings import Settings

log = logging.getLogger(__name__)

MOST_BYTES = 1024**2
"""Size of the largest document that is written and read."""
_PLACE = re.compile(rf"{REVIEWS}({FEED_NAME.pattern})/({REVIEW_ID.pattern})/(.+)", re.DOTALL)
type RequestPlace = tuple[str, str]
"""Feed and id of a request."""
_KINDS = {RETURNED: Kind.RELEASE, PURGING: Kind.PURGE}
"""What the documents are in the ledger, but for :attr:`Kind.REVIEW`."""
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(needed: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**needed, **others}, "required": list(needed)}


_REPROCESS = _object(dict.fromkeys(("dag_id", "run_id", "source"), _TEXT))
_VERSIONS = _object({"name": _TEXT, "key": _TEXT, "deleted": _TEXTS, "left": _TEXTS})
_SHAPES = {
    RETURNED: _object({"reprocess": _REPROCESS}, at=_TEXT, approved_by=_TEXTS),
    PURGING: _object({"files": {"type": "array", "items": _VERSIONS}, "at": _TEXT}, approved_by=_TEXTS),
    OUTCOME: _object(
        {"state": {"enum": sorted(ENDS)}},
        at=_TEXT,
        answered_by=_TEXTS,
        problem=_TEXT,
        exceptions=_TEXTS,
        reprocess=_REPROCESS,
        files={"type": "array", "items": _VERSIONS},
    ),
}
"""JSON Schemas of the documents after the answers: of the members that are read."""


def read_request(s3: S3Client, bronze: str, feed: str, request_id: str) -> Request | None:
    """Return a request; None if it was not written.

    :raises DamagedDocumentError: when the document is not a request, or that of another key.
    """
    key = documents_of(feed, request_id) + REQUEST
    content = read_object_version(s3, bronze, key, most_bytes=MOST_BYTES)
    return None if content is None else _parse_request(content, bronze, key)


def _parse_request(content: bytes, bronze: str, key: str) -> Request:
    try:
        request = Request.from_json(jsonl.parse(content))
    except ValueError as problem:
        raise DamagedDocumentError(f"s3://{bronze}/{key}", str(problem)) from None
    if request.documents + REQUEST != key:
        raise DamagedDocumentError(f"s3://{bronze}/{key}", "its key is not that of its feed and id")
    return replace(request, sha256=hashlib.sha256(content).hexdigest())


def write_request(s3: S3Client, settings: Settings, request: Request) -> Request:
    """Write a request, and return the one that is there afterwards: that of an earlier try, if there was one.

    :raises ReviewError: when it is larger than a request that is read.
    """
    key = request.documents + REQUEST
    if len(_dump(request.to_json())) > MOST_BYTES:
        raise ReviewError(request.id, f"it is larger than {MOST_BYTES:,} bytes; name fewer files")
    return _parse_request(_write_once(s3, settings, request, key, request.to_json()), settings.bronze_bucket, key)


def open_requests(s3: S3Client, bronze: str) -> list[Request]:
    """Return the requests of all feeds that have no outcome; damaged ones are left out."""
    without, _ = list_requests(s3, bronze)
    read = map_threads(lambda place: _read_or_none(s3, bronze, place), sorted(without))
    return [request for _, request in read if request]


def list_requests(s3: S3Client, bronze: str) -> tuple[set[RequestPlace], dict[RequestPlace, datetime]]:
    """Return the requests of all feeds without an outcome, and the others with the time of their outcome."""
    found: set[RequestPlace] = set()
    closed: dict[RequestPlace, datetime] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=REVIEWS):
        for item in page.get("Contents", ()):
            if place := _PLACE.fullmatch(item["Key"]):
                feed, request_id, name = place.groups()
                found |= {(feed, request_id)} if name == REQUEST else set()
                closed |= {(feed, request_id): item["LastModified"]} if name == OUTCOME else {}
    return found - closed.keys(), closed


def _read_or_none(s3: S3Client, bronze: str, place: RequestPlace) -> Request | None:
    try:
        return read_request(s3, bronze, *place)
    except DamagedDocumentError:
        return None


def read_answers(s3: S3Client, bronze: str, request: Request) -> list[Answer]:
    """Return the answers in their order.

    :raises DamagedDocumentError: when a document is not an answer.
    """
    answers: list[Answer] = []
    while len(answers) < MOST_ANSWERS:
        key = _answer_key(request, len(answers) + 1)
        content = read_object_version(s3, bronze, key, most_bytes=MOST_BYTES)
        if content is None:
            break
        answers.append(_parse_answer(content, bronze, key))
    return answers


def add_answer(
    s3: S3Client, settings: Settings, request: Request, answer: Answer, others: Sequence[Answer] = ()
) -> None:
    """Write an answer after the others, unless they are too many.

    :param others: those that were read, see :func:`read_answers`.
    """
    most, wanted = MOST_IGNORED if answer.note else MOST_ANSWERS, asdict(answer)
    for number in range(len(others) + 1, most + 1):
        if _write_once(s3, settings, request, _answer_key(request, number), wanted) == _dump(wanted):
            return
    log.warning("There are %d answers already: another one was not written down", most)


def append_latest_answer(s3: S3Client, settings: Settings, request: Request, answers: Sequence[Answer]) -> None:
    """Append the line of the latest answer unless it is the latest line: the try that wrote the answer may have died.

    :param answers: those to the request, see :func:`read_answers`.
    """
    if answers:
        _write_once(s3, settings, request, _answer_key(request, len(answers)), asdict(answers[-1]))


def _answer_key(request: Request, number: int) -> str:
    return f"{request.documents}{ANSWERS}{number:02}.json"


def _parse_answer(content: bytes, bronze: str, key: str) -> Answer:
    try:
        return Answer.from_json(jsonl.parse(content))
    except ValueError as problem:
        raise DamagedDocumentError(f"s3://{bronze}/{key}", str(problem)) from None


def read_step(s3: S3Client, bronze: str, request: Request, name: str) -> dict[str, Any] | None:
    """Return the content of one of the documents after the answers; None if it was not written.

    :raises DamagedDocumentError: when it is not such a document.
    """
    key = request.documents + name
    content = read_object_version(s3, bronze, key, most_bytes=MOST_BYTES)
    return None if content is None else parse_object(content, bronze, key, _SHAPES[name])


def write_step(
    s3: S3Client, settings: Settings, request: Request, name: str, content: Mapping[str, Any]
) -> dict[str, Any]:
    """Write one of these documents, and return the content that is there afterwards."""
    key = request.documents + name
    return parse_object(_write_once(s3, settings, request, key, content), settings.bronze_bucket, key, _SHAPES[name])


def _write_once(s3: S3Client, settings: Settings, request: Request, key: str, content: Any) -> bytes:
    """Write a document unless it exists, append its line to the ledger, and return its content.

    A try that finds the document appends the line as well: the try that has written it may have died before.
    """
    version_id, kept = _create(s3, settings.bronze_bucket, key, _dump(content))
    kind = _KINDS.get(key.rpartition("/")[2], Kind.REVIEW)
    append_document(s3, settings, request.feed, kind, key, version_id, kept)
    return kept


def _create(s3: S3Client, bronze: str, key: str, wanted: bytes) -> tuple[str, bytes]:
    """Write a document unless it exists; return version id and content of what is there."""
    version_id, is_this = write_version(s3, bronze, key, wanted)
    if is_this:
        return version_id, wanted
    kept = read_object_version(s3, bronze, key, version_id, most_bytes=MOST_BYTES)
    if kept is None:
        raise DamagedDocumentError(f"s3://{bronze}/{key}", GONE)
    return version_id, kept


def _dump(content: Any) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode()
