"""Carries out decisions: copy exactly the decided version, verify the copy, then delete exactly that version.

A move is a small state machine, and S3 itself shows its state: *landed* (the version is there, no verified copy of it),
*copied* (both are there), *moved* (only the copy; a promoted object stays where it was landed, too). Each step asks
what is there first, so that a retry finishes what a crash left and touches nothing else.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from lake_gate.delivery.manifest import LandedObject
from lake_gate.errors import FinalGateError, GateError, from_client_error
from lake_gate.judging.decision import Decision
from lake_gate.judging.policy import Outcome
from lake_gate.moving.copying import Copying
from lake_gate.moving.sealed import SealedCopying, sealed_checksum
from lake_gate.moving.versions import KeyHistory, head_version, list_histories
from lake_gate.names import loggable
from lake_gate.recording.record import Moved
from lake_gate.run import HELD_PREFIX, Run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.settings import Settings

log = logging.getLogger(__name__)

THREADS = 32
_DELETE_BATCH = 1000
"""Most keys of one DeleteObjects. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of the lake."""

    bronze: str
    silver: str
    quarantine: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return those that the settings name."""
        return cls(settings.bronze_bucket, settings.silver_bucket, settings.quarantine_bucket)

    def place(self, decision: Decision) -> tuple[str, str]:
        """Return (bucket, key) of where the object goes; it keeps its key, but for ``held/`` in bronze."""
        match Outcome(decision.outcome):
            case Outcome.PROMOTE:
                return self.silver, decision.key
            case Outcome.QUARANTINE:
                return self.quarantine, decision.key
            case Outcome.HOLD:
                return self.bronze, HELD_PREFIX + decision.key

    def checksum_at(self, s3: S3Client, bucket: str, key: str, version_id: str) -> str | None:
        """Return the SHA-256 of a version, of one in quarantine when it was verified there; None when there is none."""
        if bucket == self.quarantine:
            return sealed_checksum(s3, bucket, key, version_id)
        return (head_version(s3, bucket, key, version_id) or {}).get("ChecksumSHA256")


def carry_out(s3: S3Client, decisions: Sequence[Decision], run: Run, buckets: Buckets) -> list[Moved]:
    """Move objects of one outcome to where their decisions send them; promoted objects also stay in bronze.

    :raises CopyNotVerifiedError: when a copy is not what was landed; that source was kept, the others were moved.
    :raises SourceVersionGoneError: when a version has disappeared and no copy of it exists.
    """
    if not decisions:
        return []
    places = [buckets.place(decision) for decision in decisions]
    there = list_histories(s3, places[0][0], [key for _, key in places])
    with ThreadPoolExecutor(THREADS) as pool:
        copyings = [
            (SealedCopying if place[0] == buckets.quarantine else Copying)(s3, d, run, *place, there.get(place[1]))
            for d, place in zip(decisions, places, strict=True)
        ]
        outcomes = list(pool.map(_moved_or_error, copyings))
    copied = [d for d, moved in zip(decisions, outcomes, strict=True) if isinstance(moved, Moved)]
    delete_versions(s3, [d for d in copied if d.outcome != Outcome.PROMOTE])
    log.info("Carried out %d of %d decisions", len(copied), len(decisions))
    if errors := [outcome for outcome in outcomes if isinstance(outcome, Exception)]:
        log.error("%d object(s) could not be moved: %s", len(errors), Counter(type(e).__name__ for e in errors))
        # One that a retry may mend goes first: the others would end the task for good.
        raise min(errors, key=lambda error: isinstance(error, FinalGateError))
    return [moved for moved in outcomes if isinstance(moved, Moved)]


def _moved_or_error(copying: Copying) -> Moved | Exception:
    """One bad object must not stop the others: its error is raised afterwards, sorted by whether retrying helps."""
    try:
        return copying.copy_verified()
    except ClientError as error:
        return from_client_error(error)
    except Exception as error:
        return error


def delete_versions(s3: S3Client, copied: Sequence[Decision | LandedObject]) -> None:
    """Delete versions of which a verified copy is somewhere else, and what of the same content lies below them.

    What holds other bytes is somebody's who writes there, too: it stays.

    :param copied: all in one bucket.
    """
    if not copied:
        return
    bucket = copied[0].bucket
    histories = list_histories(s3, bucket, [one.key for one in copied])
    doomed = [
        {"Key": one.key, "VersionId": version_id}
        for one in copied
        for version_id in _to_delete(s3, one, histories.get(one.key, KeyHistory()))
    ]
    for batch in batched(doomed, _DELETE_BATCH):
        objects: list[Any] = list(batch)
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := answer.get("Errors"):
            codes = sorted({error.get("Code", "unknown") for error in errors})
            raise GateError(f"S3 did not delete {len(errors)} version(s) in {bucket}: {', '.join(codes)}")


def _to_delete(s3: S3Client, copied: Decision | LandedObject, history: KeyHistory) -> Iterator[str]:
    """Yield the copied version, others with its content, and the delete markers when nothing else is left."""
    others = [version_id for version_id in history.versions if version_id != copied.version_id]
    same = [version_id for version_id in others if _has_content_of(s3, copied, version_id)]
    if len(others) < len(history.versions):
        yield copied.version_id
    yield from same
    if len(same) == len(others):
        yield from history.markers
    else:
        uri = f"s3://{copied.bucket}/{copied.key}"
        log.warning("%s has versions that this run did not land: they stay", loggable(uri))


def _has_content_of(s3: S3Client, copied: Decision | LandedObject, version_id: str) -> bool:
    """Whether a version holds what was moved; one that is gone by now holds nothing else."""
    head = head_version(s3, copied.bucket, copied.key, version_id)
    return head is None or head.get("ChecksumSHA256") == copied.checksum
