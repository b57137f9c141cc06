"""Carries out decisions: copy exactly the decided version, verify the copy, then delete exactly that version.

Every step asks S3 what is there first, so that a retry finishes what a crash left and touches nothing else.
"""

from __future__ import annotations

import base64
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from lake_gate.decision import Decision, Outcome
from lake_gate.errors import CopyNotVerifiedError, FinalGateError, GateError, SourceVersionGoneError
from lake_gate.record import Moved
from lake_gate.run import HELD_PREFIX, Run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

_THREADS = 16
_MAX_TAG_CHARACTERS = 256
_DELETE_BATCH = 1000
"""Most keys of one DeleteObjects. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of the lake."""

    bronze: str
    silver: str
    quarantine: str

    def place(self, decision: Decision) -> tuple[str, str]:
        """Return (bucket, key) of where the object goes; it keeps its key, but for ``held/`` in bronze."""
        match Outcome(decision.outcome):
            case Outcome.PROMOTE:
                return self.silver, decision.key
            case Outcome.QUARANTINE:
                return self.quarantine, decision.key
            case Outcome.HOLD:
                return self.bronze, HELD_PREFIX + decision.key


def carry_out(s3: S3Client, decisions: Sequence[Decision], run: Run, buckets: Buckets) -> list[Moved]:
    """Move every object to where its decision sends it; promoted objects also stay in bronze.

    :raises CopyNotVerifiedError: when a copy is not what was landed; that source was kept, the others were moved.
    :raises SourceVersionGoneError: when a version has disappeared and no copy of it exists.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        outcomes = list(pool.map(lambda decision: _copy_or_error(s3, decision, run, buckets), decisions))
    copied = [
        (decision, moved) for decision, moved in zip(decisions, outcomes, strict=True) if isinstance(moved, Moved)
    ]
    _delete_versions(s3, [d for d, _ in copied if d.outcome != Outcome.PROMOTE])
    log.info("Carried out %d of %d decisions", len(copied), len(decisions))
    if errors := [outcome for outcome in outcomes if isinstance(outcome, Exception)]:
        log.error("%d object(s) could not be moved: %s", len(errors), Counter(type(e).__name__ for e in errors))
        # One that a retry may mend goes first: the others would end the task for good.
        raise min(errors, key=lambda error: isinstance(error, FinalGateError))
    return [moved for _, moved in copied]


def _copy_or_error(s3: S3Client, decision: Decision, run: Run, buckets: Buckets) -> Moved | Exception:
    try:
        return copy_verified(s3, decision, run, *buckets.place(decision))
    except Exception as error:  # one bad object must not stop the others; it is raised afterwards
        return error


def copy_verified(s3: S3Client, decision: Decision, run: Run, bucket: str, key: str) -> Moved:
    """Return the verified copy of the decided version, made now or by a try before this one."""
    source_uri, copy_uri = f"s3://{decision.bucket}/{decision.key}", f"s3://{bucket}/{key}"
    before = _head(s3, bucket, key)
    if before and not _difference(before, decision):
        return Moved(decision.name, bucket, key, before["VersionId"])
    tags = {"run": run.folder[:_MAX_TAG_CHARACTERS], "decision": decision.outcome, "reason": decision.reason}
    try:
        copied = s3.copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": decision.bucket, "Key": decision.key, "VersionId": decision.version_id},
            ChecksumAlgorithm="SHA256",
            TaggingDirective="REPLACE",
            Tagging=urlencode(tags),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchVersion", "NoSuchKey", "404"}:
            raise SourceVersionGoneError(source_uri, decision.version_id, copy_uri) from None
        raise
    after = _head(s3, bucket, key, copied["VersionId"])
    if difference := _difference(after, decision):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=copied["VersionId"])  # nobody may read it there
        raise CopyNotVerifiedError(source_uri, copy_uri, difference)
    return Moved(decision.name, bucket, key, copied["VersionId"])


def _head(s3: S3Client, bucket: str, key: str, version_id: str | None = None) -> dict[str, Any] | None:
    version = {"VersionId": version_id} if version_id else {}
    try:
        return dict(s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **version))  # type: ignore[arg-type]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NoSuchVersion"}:
            return None
        raise


def _difference(head: dict[str, Any] | None, decision: Decision) -> str:
    """Say how the object differs from what was landed; empty when it does not."""
    if head is None:
        return "it is not there"
    if head["ContentLength"] != decision.size_bytes:
        return f"it has {head['ContentLength']} bytes instead of {decision.size_bytes}"
    if head.get("ChecksumSHA256") != base64.b64encode(bytes.fromhex(decision.sha256)).decode():
        return "its SHA-256 is another one"
    return ""


def _delete_versions(s3: S3Client, decisions: Iterable[Decision]) -> None:
    for batch in batched(decisions, _DELETE_BATCH):
        bucket = batch[0].bucket  # a run lands in one
        objects: list[Any] = [{"Key": d.key, "VersionId": d.version_id} for d in batch]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := answer.get("Errors"):
            codes = sorted({error.get("Code", "unknown") for error in errors})
            raise GateError(f"S3 did not delete {len(errors)} version(s) in {bucket}: {', '.join(codes)}")
