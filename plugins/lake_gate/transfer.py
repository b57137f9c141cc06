"""Carries out decisions: copy exactly the decided version, verify the copy, then delete exactly that version.

A move is a small state machine, and S3 itself shows its state: *landed* (the version is there, no verified copy of it),
*copied* (both are there), *moved* (only the copy; a promoted object stays where it was landed, too). Each step asks
what is there first, so that a retry finishes what a crash left and touches nothing else.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from lake_gate import multipart
from lake_gate.decision import Decision
from lake_gate.errors import (
    CopyNotVerifiedError,
    FinalGateError,
    GateError,
    SourceVersionGoneError,
)
from lake_gate.policy import Outcome
from lake_gate.record import Moved
from lake_gate.run import HELD_PREFIX, Run
from lake_gate.s3_answers import is_missing, is_precondition_failed
from lake_gate.versions import KeyHistory, list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

THREADS = 32
_MOST_TAGS = 10
_MAX_TAG_CHARACTERS = 256
"""Limits of S3. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html"""
_DELETE_BATCH = 1000
"""Most keys of one DeleteObjects. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
_HEADERS = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage")


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
    """Move objects of one outcome to where their decisions send them; promoted objects also stay in bronze.

    :raises CopyNotVerifiedError: when a copy is not what was landed; that source was kept, the others were moved.
    :raises SourceVersionGoneError: when a version has disappeared and no copy of it exists.
    """
    if not decisions:
        return []
    places = [buckets.place(decision) for decision in decisions]
    there = list_histories(s3, places[0][0], [key for _, key in places])
    with ThreadPoolExecutor(THREADS) as pool:
        moves = [_Move(s3, d, run, *place, there.get(place[1])) for d, place in zip(decisions, places, strict=True)]
        outcomes = list(pool.map(_moved_or_error, moves))
    copied = [d for d, moved in zip(decisions, outcomes, strict=True) if isinstance(moved, Moved)]
    _delete_sources(s3, [d for d in copied if d.outcome != Outcome.PROMOTE])
    log.info("Carried out %d of %d decisions", len(copied), len(decisions))
    if errors := [outcome for outcome in outcomes if isinstance(outcome, Exception)]:
        log.error("%d object(s) could not be moved: %s", len(errors), Counter(type(e).__name__ for e in errors))
        # One that a retry may mend goes first: the others would end the task for good.
        raise min(errors, key=lambda error: isinstance(error, FinalGateError))
    return [moved for moved in outcomes if isinstance(moved, Moved)]


def _moved_or_error(move: _Move) -> Moved | Exception:
    try:
        return move.copy_verified()
    except Exception as error:  # one bad object must not stop the others; it is raised afterwards
        return error


@dataclass(frozen=True, slots=True)
class _Move:
    """One object on its way, up to its verified copy.

    :param bucket: where it goes, with ``key``.
    :param history: what was at that place when the chunk began, None: nothing.
    """

    s3: S3Client
    decision: Decision
    run: Run
    bucket: str
    key: str
    history: KeyHistory | None

    def copy_verified(self) -> Moved:
        """Return the verified copy of the decided version, made now or by a try before this one."""
        if copy := self._find_copy(self.history):
            return copy
        if (source := self._head(self.decision.bucket, self.decision.key, self.decision.version_id)) is None:
            return self._copy_of_another_try()
        return self._copy(source, is_free=not (self.history and self.history.versions))

    def _copy(self, source: Mapping[str, Any], *, is_free: bool) -> Moved:
        """Copy, and look at the copy before anybody is told of it.

        :param is_free: nothing is known to be at the place; if something is all the same, it is looked at first.
        """
        tags = self._tags(source)
        try:
            version_id = self._send_copy(source, tags, is_free=is_free)
        except ClientError as error:
            if is_missing(error):
                return self._copy_of_another_try()
            if is_free and is_precondition_failed(error):
                return self._find_copy(self._look_again()) or self._copy(source, is_free=False)
            raise
        made = self._head(self.bucket, self.key, version_id)
        if difference := self._difference(made) or _lost(source, made, tags):
            self.s3.delete_object(Bucket=self.bucket, Key=self.key, VersionId=version_id)  # nobody may read it there
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, difference)
        if not is_free:
            log.warning("%s holds other bytes, too: they stay, as an older version", self._copy_uri)
        return self._moved(version_id, is_beside_others=not is_free)

    def _send_copy(self, source: Mapping[str, Any], tags: Mapping[str, str], *, is_free: bool) -> str:
        """Copy exactly the decided version, in the parts it was landed in; return the version id of the copy."""
        version = {"Bucket": self.decision.bucket, "Key": self.decision.key, "VersionId": self.decision.version_id}
        target = {"Bucket": self.bucket, "Key": self.key, "Tagging": urlencode(tags), **_storage_class(source)}
        if self.decision.part_bytes:
            multipart.abort_leftovers(self.s3, self.bucket, self.key)
            kept = {name: source[name] for name in (*_HEADERS, "Metadata") if source.get(name)}
            size, parts = self.decision.size_bytes, self.decision.part_bytes
            return str(
                multipart.copy(self.s3, version, size, parts, only_if_none=is_free, **target, **kept)["VersionId"]
            )
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if is_free else {}
        return self.s3.copy_object(
            **target,  # type: ignore[arg-type]
            CopySource=version,  # type: ignore[arg-type]
            ChecksumAlgorithm="SHA256",
            TaggingDirective="REPLACE",
            **condition,
        )["VersionId"]

    def _tags(self, source: Mapping[str, Any]) -> dict[str, str]:
        """Return the object's own tags and the gate's: which run, which decision, and why."""
        gate = {"run": self.run.folder, "decision": self.decision.outcome, "reason": self.decision.reason}
        gate = {key: value[:_MAX_TAG_CHARACTERS] for key, value in gate.items()}
        if not source.get("TagCount"):
            return gate
        answer = self.s3.get_object_tagging(
            Bucket=self.decision.bucket, Key=self.decision.key, VersionId=self.decision.version_id
        )
        own = {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}
        room = _MOST_TAGS - len(gate.keys() - own.keys())
        return {**dict(list(own.items())[:room]), **gate}

    def _find_copy(self, history: KeyHistory | None) -> Moved | None:
        """Return the copy that is at the place already, whether or not it is the latest version there."""
        for version_id in history.versions if history else ():
            if not self._difference(self._head(self.bucket, self.key, version_id)):
                return self._moved(version_id, is_beside_others=len(history.versions) > 1)  # type: ignore[union-attr]
        return None

    def _copy_of_another_try(self) -> Moved:
        """Return the copy that somebody made since the chunk began: the same task, run twice at once.

        :raises SourceVersionGoneError: when there is none.
        """
        if copy := self._find_copy(self._look_again()):
            return copy
        raise SourceVersionGoneError(self._source_uri, self.decision.version_id, self._copy_uri)

    def _look_again(self) -> KeyHistory | None:
        return list_histories(self.s3, self.bucket, [self.key]).get(self.key)

    def _head(self, bucket: str, key: str, version_id: str) -> dict[str, Any] | None:
        try:
            return dict(self.s3.head_object(Bucket=bucket, Key=key, VersionId=version_id, ChecksumMode="ENABLED"))
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def _difference(self, head: Mapping[str, Any] | None) -> str:
        """Say how the object differs from what was landed; empty when it does not."""
        if head is None:
            return "it is not there"
        if head["ContentLength"] != self.decision.size_bytes:
            return f"it has {head['ContentLength']} bytes instead of {self.decision.size_bytes}"
        if head.get("ChecksumSHA256") != self.decision.checksum:
            return "its SHA-256 is another one"
        return ""

    def _moved(self, version_id: str, *, is_beside_others: bool) -> Moved:
        return Moved(self.decision.name, self.bucket, self.key, version_id, is_beside_others)

    @property
    def _source_uri(self) -> str:
        return f"s3://{self.decision.bucket}/{self.decision.key}"

    @property
    def _copy_uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def _storage_class(source: Mapping[str, Any]) -> dict[str, str]:
    return {"StorageClass": source["StorageClass"]} if source.get("StorageClass") else {}


def _lost(source: Mapping[str, Any], made: Mapping[str, Any] | None, tags: Mapping[str, str]) -> str:
    """Say what of the source, besides its bytes, the copy does not have; empty when nothing is lost.

    Encryption is the destination's own: there has to be one.
    """
    made = made or {}
    for name in (*_HEADERS, "Metadata", "StorageClass"):
        if source.get(name) != made.get(name):
            return f"its {name} is another one"
    if made.get("TagCount") != len(tags):
        return f"it has {made.get('TagCount', 0)} tags instead of {len(tags)}"
    if not made.get("ServerSideEncryption"):
        return "it is not encrypted"
    return ""


def _delete_sources(s3: S3Client, decisions: Sequence[Decision]) -> None:
    """Delete the versions that were copied, and what of the same content lies below them.

    What holds other bytes is somebody's who writes below the run's prefix: it stays.
    """
    if not decisions:
        return
    bucket = decisions[0].bucket  # a run lands in one
    histories = list_histories(s3, bucket, [decision.key for decision in decisions])
    doomed = [
        {"Key": decision.key, "VersionId": version_id}
        for decision in decisions
        for version_id in _to_delete(s3, decision, histories.get(decision.key, KeyHistory()))
    ]
    for batch in batched(doomed, _DELETE_BATCH):
        objects: list[Any] = list(batch)
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if errors := answer.get("Errors"):
            codes = sorted({error.get("Code", "unknown") for error in errors})
            raise GateError(f"S3 did not delete {len(errors)} version(s) in {bucket}: {', '.join(codes)}")


def _to_delete(s3: S3Client, decision: Decision, history: KeyHistory) -> Iterator[str]:
    """Yield the decided version, others with its content, and the delete markers when nothing else is left."""
    others = [version_id for version_id in history.versions if version_id != decision.version_id]
    same = [version_id for version_id in others if _has_content_of(s3, decision, version_id)]
    if len(others) < len(history.versions):
        yield decision.version_id
    yield from same
    if len(same) == len(others):
        yield from history.markers
    else:
        log.warning("s3://%s/%s has versions that this run did not land: they stay", decision.bucket, decision.key)


def _has_content_of(s3: S3Client, decision: Decision, version_id: str) -> bool:
    head = s3.head_object(Bucket=decision.bucket, Key=decision.key, VersionId=version_id, ChecksumMode="ENABLED")
    return head.get("ChecksumSHA256") == decision.checksum
