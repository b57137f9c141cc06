"""Carry out decisions: copy exactly the decided version, verify the copy, then delete exactly that version.

A move is a small state machine whose state is in S3 itself: *landed* (the version exists, without a verified copy),
*copied* (both exist), *moved* (only the copy exists; a promoted object also stays where it was landed). Each step reads
this state first, so that a retry completes an interrupted move and changes nothing else.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from lake_gate.errors import combine_errors, from_aws_error, from_delete_error
from lake_gate.model.manifest import LandedObject, Moved
from lake_gate.model.names import loggable
from lake_gate.model.run import HELD_PREFIX, Run, silver_key
from lake_gate.moving.copying import Copying
from lake_gate.moving.sealed import SealedCopying, remove_unsealed, sealed_checksum
from lake_gate.s3.answers import is_locked
from lake_gate.s3.threads import map_threads
from lake_gate.s3.versions import KeyHistory, head_version, list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.settings import Settings

log = logging.getLogger(__name__)

_ERRORS_SHOWN = 20
"""Most keys of objects that were not moved in the log."""
_DELETE_BATCH = 1000
"""Most versions in one DeleteObjects request. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of the lake."""

    bronze: str
    silver: str
    quarantine: str

    @classmethod
    def of(cls, settings: Settings, *more: Any) -> Self:
        """Return the buckets in the settings.

        :param more: further fields of a derived class.
        """
        return cls(settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket, *more)

    def place(self, decision: Decision) -> tuple[str, str]:
        """Return (bucket, key) of the target: the object's key, below ``held/`` if it is held.

        In silver, a masked copy has the key of its original, which is quarantined.
        """
        match Outcome(decision.outcome):
            case Outcome.PROMOTE:
                return self.silver, silver_key(decision.key)
            case Outcome.MASK | Outcome.QUARANTINE:
                return self.quarantine, decision.key
            case Outcome.HOLD:
                return self.bronze, HELD_PREFIX + decision.key

    def checksum_at(self, s3: S3Client, bucket: str, key: str, version_id: str) -> str | None:
        """Return the SHA-256 of a version; None if it does not exist, or is in quarantine and not sealed."""
        if bucket == self.quarantine:
            return sealed_checksum(s3, bucket, key, version_id)
        return (head_version(s3, bucket, key, version_id) or {}).get("ChecksumSHA256")


def carry_out(s3: S3Client, decisions: Sequence[Decision], run: Run, buckets: Buckets) -> list[Moved]:
    """Move objects as :func:`try_all` does, then raise an error if some were not moved.

    :raises CopyNotVerifiedError: when a copy differs from the landed object; its source was kept.
    :raises SourceVersionGoneError: when neither a version nor a copy of it exists.
    :raises ObjectLockedError, DeleteRefusedError, NotDeletedError: when a copied source could not be deleted.
    """
    outcomes = try_all(s3, decisions, run, buckets)
    if errors := [outcome for outcome in outcomes if isinstance(outcome, Exception)]:
        raise combine_errors(errors)
    return [moved for moved in outcomes if isinstance(moved, Moved)]


def try_all(
    s3: S3Client, decisions: Sequence[Decision], run: Run, buckets: Buckets, *, keep_unsealed: bool = False
) -> list[Moved | Exception]:
    """Move objects to the places that their decisions name; promoted objects also stay in bronze.

    :param decisions: all of one outcome, and from one bucket.
    :param keep_unsealed: keep unverified versions in quarantine. The caller then writes its ledger and calls
        :func:`lake_gate.moving.sealed.remove_unsealed`.
    :return: for each decision, in the order given, the object's new place, or the error. If a source could not be
        deleted, it is the error, although the verified copy exists.
    :raises ClientError: when the targets cannot be listed; nothing was moved then.
    """
    if not decisions:
        return []
    places = [buckets.place(decision) for decision in decisions]
    target = places[0][0]
    histories = list_histories(s3, target, [key for _, key in places])
    copyings = [
        (SealedCopying if place[0] == buckets.quarantine else Copying)(s3, d, run, *place, histories.get(place[1]))
        for d, place in zip(decisions, places, strict=True)
    ]
    outcomes = [outcome for _, outcome in map_threads(_moved_or_error, copyings)]
    copied = [n for n, moved in enumerate(outcomes) if isinstance(moved, Moved)]
    to_delete = [n for n in copied if decisions[n].outcome != Outcome.PROMOTE]
    for n, error in zip(to_delete, try_delete(s3, [decisions[n] for n in to_delete]), strict=True):
        outcomes[n] = error or outcomes[n]
    if target == buckets.quarantine and not keep_unsealed:
        _tidy(s3, target, [item for item in outcomes if isinstance(item, Moved) and item.key in histories], run)
    _log(decisions, outcomes)
    return outcomes


def _tidy(s3: S3Client, bucket: str, moved: Sequence[Moved], run: Run) -> None:
    """Remove unverified versions; a failure is logged and does not change the outcomes of the moves."""
    try:
        remove_unsealed(s3, bucket, moved, run)
    except (ClientError, BotoCoreError) as error:
        log.warning("Unverified versions in %s were kept: %s", bucket, type(error).__name__)


def _moved_or_error(copying: Copying) -> Moved | Exception:
    """Return the verified copy, or the error, so that the other objects are still copied."""
    try:
        return copying.copy_verified()
    except (ClientError, BotoCoreError) as error:
        return from_aws_error(error)
    except Exception as error:
        return error


def _log(decisions: Sequence[Decision], outcomes: Sequence[Moved | Exception]) -> None:
    failed = [(d, error) for d, error in zip(decisions, outcomes, strict=True) if isinstance(error, Exception)]
    log.info("Carried out %d of %d decisions", len(decisions) - len(failed), len(decisions))
    if failed:
        log.error("%d object(s) could not be moved: %s", len(failed), Counter(type(e).__name__ for _, e in failed))
    for decision, error in failed[:_ERRORS_SHOWN]:
        log.error("%s was not moved: %s", loggable(f"s3://{decision.bucket}/{decision.key}"), type(error).__name__)


def delete_versions(s3: S3Client, copied: Sequence[Decision | LandedObject]) -> None:
    """Delete versions as :func:`try_delete` does, then raise an error if some were not deleted.

    :raises ObjectLockedError, DeleteRefusedError, NotDeletedError: naming the first keys.
    """
    if errors := [error for error in try_delete(s3, copied) if error]:
        raise combine_errors(errors)


def try_delete(s3: S3Client, copied: Sequence[Decision | LandedObject]) -> list[Exception | None]:
    """Delete versions that have a verified copy elsewhere, and all other versions of their keys with the same content.

    Versions with other bytes were written by another writer and are kept.

    :param copied: all in one bucket.
    :return: for each, in the order given, the error; None if it was deleted.
    """
    if not copied:
        return []
    bucket = copied[0].bucket
    failed: dict[int, Exception] = {}
    doomed: dict[tuple[str, str], int] = {}
    try:
        histories = list_histories(s3, bucket, [item.key for item in copied])
    except (ClientError, BotoCoreError) as error:
        return [from_aws_error(error)] * len(copied)
    for n, item in enumerate(copied):
        try:
            versions = _to_delete(s3, item, histories.get(item.key, KeyHistory()))
            doomed |= {(item.key, version_id): n for version_id in versions}
        except (ClientError, BotoCoreError) as error:  # about another version of the key
            failed[n] = from_aws_error(error)
    for batch in batched(doomed, _DELETE_BATCH):
        try:
            refused = _delete(s3, bucket, batch)
        except (ClientError, BotoCoreError) as error:
            refused = dict.fromkeys(batch, from_aws_error(error))
        failed |= {doomed[version]: error for version, error in refused.items()}
    return [failed.get(n) for n, _ in enumerate(copied)]


def _delete(s3: S3Client, bucket: str, versions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Exception]:
    """Delete versions in one request; return the errors of those that S3 did not delete."""
    objects: list[Any] = [{"Key": key, "VersionId": version_id} for key, version_id in versions]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    failed: dict[tuple[str, str], Exception] = {}
    for refused in answer.get("Errors", ()):
        key, version_id, code = refused["Key"], refused.get("VersionId"), refused.get("Code", "unknown")
        if code not in {"NoSuchKey", "NoSuchVersion"}:
            error = from_delete_error(bucket, key, code, is_locked=is_locked(refused))
            failed |= {version: error for version in versions if version[0] == key and version_id in {None, version[1]}}
    return failed


def _to_delete(s3: S3Client, copied: Decision | LandedObject, history: KeyHistory) -> Iterator[str]:
    """Yield the copied version, others with its content, and the delete markers if no other version remains."""
    others = [version_id for version_id in history.versions if version_id != copied.version_id]
    same = [version_id for version_id in others if _has_content_of(s3, copied, version_id)]
    if len(others) < len(history.versions):
        yield copied.version_id
    yield from same
    if len(same) == len(others):
        yield from history.markers
    else:
        uri = f"s3://{copied.bucket}/{copied.key}"
        log.warning("%s has versions that this run did not land: they were kept", loggable(uri))


def _has_content_of(s3: S3Client, copied: Decision | LandedObject, version_id: str) -> bool:
    """Whether a version has the content of the copied one; a version that no longer exists counts as such."""
    head = head_version(s3, copied.bucket, copied.key, version_id)
    return head is None or head.get("ChecksumSHA256") == copied.checksum
