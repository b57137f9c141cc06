"""Re-processing of held objects: ``held://<reason>`` as the source of a run.

``held://review/<request>`` are the files that a review request gives back from quarantine, and no others; no other
source takes these.

A run takes versions of held objects of its feed and lands them like any delivery. The held copy of an object is deleted
only at the end of the run, when the object was found at the place that the run's record names.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.decision.reason import REASONS
from lake_gate.delivery.held_objects import MAX_KEY_BYTES, HeldObject, iter_held, iter_versions
from lake_gate.delivery.source import redact, select_files
from lake_gate.delivery.source_files import SourceFile
from lake_gate.errors import SourceError, SourceUnreachableError
from lake_gate.model import jsonl
from lake_gate.model.run import HELD_PREFIX, REPROCESSED, REVIEW_ID, Run
from lake_gate.s3.documents import load_lines, read_document_or_none, update_document
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

SCHEME = "held://"
ALL = "*"
_REVIEW = "review/"


@dataclass(frozen=True, slots=True)
class TakenObject:
    """Held object that a run re-processes.

    :param name: path in the delivery of the run that re-processes it.
    :param key: key in bronze, with ``held/``.
    """

    name: str
    key: str
    version_id: str
    size_bytes: int
    reason: str


def is_held(source: str) -> bool:
    """Return whether a source is ``held://``."""
    return source.startswith(SCHEME)


def held_files(source: str, s3: S3Client, run: Run, bronze: str) -> list[SourceFile]:
    """Return the files of a delivery of held objects: those of the run's feed that were held for a reason.

    The first try of a run records the objects that it takes. Later tries take the same objects, except for those that
    are not held any more.

    :param source: ``held://<reason>``; ``held://*`` for all reasons; ``held://review/<request>``.
    :raises SourceError: when objects are never held for this reason.
    """
    chosen = check_reason(source)
    files = [
        SourceFile(taken.name, taken.size_bytes, _opener(source, s3, bronze, taken))
        for taken in _take(s3, run, bronze, chosen)
    ]
    # Not the limit of other deliveries: the name has an additional folder, and its key must fit below held/ again.
    return select_files(source, files, _most_name_bytes(run))


def check_reason(source: str) -> str:
    """Return the reason in the source, or ``review/`` and the id of a request.

    :raises SourceError: when objects are never held for this reason.
    """
    chosen = source[len(SCHEME) :]
    if chosen not in {ALL, *REASONS} and not _request_in(chosen):
        raise SourceError(redact(source), f"objects are held for {', '.join(REASONS)}; {SCHEME}{ALL} takes all")
    return chosen


def source_of_review(request_id: str) -> str:
    """Return the source of a run that re-processes the files of a review request."""
    return f"{SCHEME}{_REVIEW}{request_id}"


def _request_in(chosen: str) -> str | None:
    request_id = chosen.removeprefix(_REVIEW)
    return request_id if request_id != chosen and REVIEW_ID.fullmatch(request_id) else None


def _is_chosen(item: HeldObject, chosen: str) -> bool:
    if request_id := _request_in(chosen):
        return item.run_folder == request_id
    return chosen in {ALL, item.reason} and not REVIEW_ID.fullmatch(item.run_folder)


def _most_name_bytes(run: Run) -> int:
    return MAX_KEY_BYTES - len((HELD_PREFIX + run.prefix).encode())


def _take(s3: S3Client, run: Run, bronze: str, chosen: str) -> list[TakenObject]:
    written = read_document_or_none(s3, bronze, run.document(REPROCESSED))
    if not written:  # an empty document, too: a run that is cleared takes objects that were held in the meantime
        held = [item for item in iter_held(s3, bronze, run.feed) if _is_chosen(item, chosen)]
        lines = jsonl.dump(_fitting(run, _named(s3, run, bronze, held)))
        content = update_document(s3, bronze, run.document(REPROCESSED), lambda current: current or lines)
        return load_lines(TakenObject, content, bronze, run.document(REPROCESSED))
    existing = {(item["Key"], item["VersionId"]) for item in iter_versions(s3, bronze, run.feed)}
    return [
        taken
        for taken in load_lines(TakenObject, written, bronze, run.document(REPROCESSED))
        if (taken.key, taken.version_id) in existing
    ]


def _fitting(run: Run, named: Iterable[TakenObject]) -> Iterator[TakenObject]:
    """Yield the objects whose names are short enough to be held again.

    Names of deliveries always are; longer names come from another writer. These objects stay in ``held/`` and in the
    messages about it, because an error here would refuse the whole feed.
    """
    most_bytes, left_out = _most_name_bytes(run), 0
    for taken in named:
        if len(taken.name.encode()) <= most_bytes:
            yield taken
        else:
            left_out += 1
    if left_out:
        log.warning("%d held object(s) are left out: their names are longer than %d bytes", left_out, most_bytes)


def _named(s3: S3Client, run: Run, bronze: str, held: list[HeldObject]) -> Iterator[TakenObject]:
    """Name every object in the run: ``<folder of the first run that held it>/<name>``.

    Objects that were held by a re-processing run have such a name already; a further folder each time would make the
    names longer and longer.
    """
    folders = {item.run_folder for item in held}
    reprocessing = {folder for folder in folders if _has_taken(s3, run.feed, bronze, folder)}
    prefix_length = len(f"{HELD_PREFIX}{run.feed}/")
    used = {item.key[prefix_length:] for item in held}
    for item in held:
        name = item.key[prefix_length:]
        if item.run_folder in reprocessing and item.name not in used:
            name = item.name
            used.add(name)
        yield TakenObject(name, item.key, item.version_id, item.size_bytes, item.reason)


def _has_taken(s3: S3Client, feed: str, bronze: str, run_folder: str) -> bool:
    return head_version(s3, bronze, Run.of_folder(feed, run_folder).document(REPROCESSED)) is not None


def _opener(source: str, s3: S3Client, bronze: str, taken: TakenObject) -> Any:
    def open_version() -> IO[bytes]:
        try:
            return s3.get_object(Bucket=bronze, Key=taken.key, VersionId=taken.version_id)["Body"]  # type: ignore[return-value]
        except ClientError as error:  # released or quarantined in the meantime: the next try leaves it out
            code = error.response["Error"]["Code"]
            raise SourceUnreachableError(source, f"S3 answered {code} to {taken.key}") from None

    return open_version
