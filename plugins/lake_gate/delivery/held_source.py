"""Takes held objects through the gate again: ``held://<reason>`` as the source of a run, and what follows at its end.

A run takes the held objects of its feed, by their versions, and lands them like any delivery. They stay in ``held/``
until the run's record says where each is now, and it was found there: only then the copy that was held before goes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lake_gate.delivery.held_objects import MAX_KEY_BYTES, REASONS, HeldObject, iter_held, iter_versions
from lake_gate.delivery.source import checked, shown
from lake_gate.delivery.source_files import SourceFile
from lake_gate.errors import SourceError, SourceUnreachableError
from lake_gate.model import jsonl
from lake_gate.model.run import HELD_PREFIX, REPROCESSED, Run
from lake_gate.s3.documents import load_lines, read_document_or_none, update_document
from lake_gate.s3.versions import head_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

SCHEME = "held://"
ALL = "*"


@dataclass(frozen=True, slots=True)
class Taken:
    """A held object that a run has taken.

    :param name: path in the delivery of the run that takes it.
    :param key: in bronze, with ``held/``.
    """

    name: str
    key: str
    version_id: str
    size_bytes: int
    reason: str


def is_held(source: str) -> bool:
    """Whether a source is what is held."""
    return source.startswith(SCHEME)


def held_files(source: str, s3: S3Client, run: Run, bronze: str) -> list[SourceFile]:
    """Return the files of a delivery of held objects: those of the run's feed that were held for one reason.

    The first try of a run writes down what it takes, and the next ones take the same; but for what is held no longer.

    :param source: ``held://<reason>``; ``held://*`` for all.
    :raises SourceError: when nothing is ever held for such a reason.
    """
    reason = check_reason(source)
    files = [
        SourceFile(one.name, one.size_bytes, _opener(source, s3, bronze, one)) for one in _take(s3, run, bronze, reason)
    ]
    # Not the limit of other deliveries: a name has one folder more than before, and its key must fit below held/ again.
    return checked(source, files, _most_name_bytes(run))


def check_reason(source: str) -> str:
    """Return the reason that the source names.

    :raises SourceError: when nothing is ever held for such a reason.
    """
    reason = source[len(SCHEME) :]
    if reason not in {ALL, *REASONS}:
        raise SourceError(shown(source), f"objects are held for {', '.join(REASONS)}; {SCHEME}{ALL} takes all")
    return reason


def _most_name_bytes(run: Run) -> int:
    return MAX_KEY_BYTES - len((HELD_PREFIX + run.prefix).encode())


def _take(s3: S3Client, run: Run, bronze: str, reason: str) -> list[Taken]:
    written = read_document_or_none(s3, bronze, run.document(REPROCESSED))
    if not written:  # there was nothing to take: what is held by now is taken when the run is cleared
        held = [one for one in iter_held(s3, bronze, run.feed) if reason in {ALL, one.reason}]
        content = jsonl.dump(_fitting(run, _named(s3, run, bronze, held)))
        taken = update_document(s3, bronze, run.document(REPROCESSED), lambda there: there or content)
        return load_lines(Taken, taken, bronze, run.document(REPROCESSED))
    there = {(item["Key"], item["VersionId"]) for item in iter_versions(s3, bronze, run.feed)}
    return [
        one
        for one in load_lines(Taken, written, bronze, run.document(REPROCESSED))
        if (one.key, one.version_id) in there
    ]


def _fitting(run: Run, named: Iterable[Taken]) -> Iterator[Taken]:
    """Yield what the run can hold again; names of deliveries always fit, a longer one was put there by another writer.

    It stays in ``held/`` and in the messages about it; refusing it here would refuse the whole feed.
    """
    most_bytes, left_out = _most_name_bytes(run), 0
    for one in named:
        if len(one.name.encode()) <= most_bytes:
            yield one
        else:
            left_out += 1
    if left_out:
        log.warning("%d held object(s) are left out: their names are longer than %d bytes", left_out, most_bytes)


def _named(s3: S3Client, run: Run, bronze: str, held: list[HeldObject]) -> Iterator[Taken]:
    """Give every object its name in the run: ``<run that was first to hold it>/<name>``.

    What is held by a run that had taken it from ``held/`` has such a name already; another folder each time would make
    it longer and longer.
    """
    again = {folder for folder in {one.run_folder for one in held} if _has_taken(s3, run.feed, bronze, folder)}
    of_feed = len(f"{HELD_PREFIX}{run.feed}/")
    used = {one.key[of_feed:] for one in held}
    for one in held:
        name = one.key[of_feed:]
        if one.run_folder in again and one.name not in used:
            name = one.name
            used.add(name)
        yield Taken(name, one.key, one.version_id, one.size_bytes, one.reason)


def _has_taken(s3: S3Client, feed: str, bronze: str, run_folder: str) -> bool:
    return head_version(s3, bronze, Run.of_folder(feed, run_folder).document(REPROCESSED)) is not None


def _opener(source: str, s3: S3Client, bronze: str, one: Taken) -> Any:
    def open_version() -> IO[bytes]:
        try:
            return s3.get_object(Bucket=bronze, Key=one.key, VersionId=one.version_id)["Body"]  # type: ignore[return-value]
        except ClientError as error:  # released or quarantined meanwhile: the next try leaves it out
            code = error.response["Error"]["Code"]
            raise SourceUnreachableError(source, f"S3 answered {code} to {one.key}") from None

    return open_version
