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
    from_client_error,
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
_TRIES = 3
"""How often a copy is tried while others write to its place."""
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
    """One bad object must not stop the others: its error is raised afterwards, sorted by whether retrying helps."""
    try:
        return move.copy_verified()
    except ClientError as error:
        return from_client_error(error)
    except Exception as error:
        return error


@dataclass(slots=True)
class _There:
    """What is at the place that an object goes to.

    :param copy: version id of a verified copy.
    :param has_others: there are versions with other bytes.
    """

    copy: str | None = None
    has_others: bool = False


@dataclass(slots=True)
class _Move:
    """One object on its way, up to its verified copy.

    :param bucket: where it goes, with ``key``.
    :param history: what is at that place as far as is known, None: nothing.
    """

    s3: S3Client
    decision: Decision
    run: Run
    bucket: str
    key: str
    history: KeyHistory | None

    def copy_verified(self) -> Moved:
        """Return the verified copy of the decided version, made now or by a try before this one."""
        source = self._head(self.decision.bucket, self.decision.key, self.decision.version_id)
        if source is None:
            return self._copy_of_another_try()
        tags = self._tags(source)
        for _ in range(_TRIES):
            there = self._look_at(self.history, source, tags)
            if there.copy:
                return self._moved(there.copy, is_beside_others=there.has_others)
            try:
                if condition := self._condition():
                    return self._copy(source, tags, condition, has_others=there.has_others)
            except ClientError as error:
                if is_missing(error):
                    return self._copy_of_another_try()
                if not is_precondition_failed(error):
                    raise
            self.history = self._look_again()
        raise CopyNotVerifiedError(self._source_uri, self._copy_uri, "others write there all the time")

    def _copy(
        self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str], *, has_others: bool
    ) -> Moved:
        """Copy, and look at the copy before anybody is told of it."""
        version_id = self._send_copy(source, tags, condition)
        made = self._head(self.bucket, self.key, version_id)
        if difference := self._difference(made):
            self.s3.delete_object(Bucket=self.bucket, Key=self.key, VersionId=version_id)  # nobody may read it there
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, difference)
        if lost := _lost(source, made, tags):  # it has the right bytes: who finds it may count on it, so it stays
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, lost)
        if has_others:
            log.warning("%s holds other bytes, too: they stay, as an older version", self._copy_uri)
        return self._moved(version_id, is_beside_others=has_others)

    def _send_copy(self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str]) -> str:
        """Copy exactly the decided version, in the parts it was landed in; return the version id of the copy."""
        version = {"Bucket": self.decision.bucket, "Key": self.decision.key, "VersionId": self.decision.version_id}
        target = {"Bucket": self.bucket, "Key": self.key, "Tagging": urlencode(tags), **_storage_class(source)}
        if self.decision.part_bytes:
            multipart.abort_leftovers(self.s3, self.bucket, self.key)
            kept = {name: source[name] for name in (*_HEADERS, "Metadata") if source.get(name)}
            size, parts = self.decision.size_bytes, self.decision.part_bytes
            return str(multipart.copy(self.s3, version, size, parts, condition, **target, **kept)["VersionId"])
        return self.s3.copy_object(
            **target,  # type: ignore[arg-type]
            **condition,  # type: ignore[arg-type]
            CopySource=version,  # type: ignore[arg-type]
            ChecksumAlgorithm="SHA256",
            TaggingDirective="REPLACE",
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

    def _look_at(self, history: KeyHistory | None, source: Mapping[str, Any] | None, tags: Mapping[str, str]) -> _There:
        """Look at every version that is at the place.

        :param source: what a copy must have besides the bytes; None when the source is gone: whoever deleted it had
            verified the copy.
        """
        there = _There()
        for version_id in history.versions if history else ():
            if (head := self._head(self.bucket, self.key, version_id)) is None:
                continue
            if self._difference(head):
                there.has_others = True
            elif there.copy is None and (source is None or not _lost(source, head, tags)):
                there.copy = version_id
        return there

    def _condition(self) -> dict[str, str] | None:
        """Return what S3 has to find at the place still, or the copy is not made; None: look again, something came."""
        if not (self.history and self.history.versions):
            return {"IfNoneMatch": "*"}
        latest = _head(self.s3, self.bucket, self.key)
        if latest is None:  # a delete marker
            return {"IfNoneMatch": "*"}
        return {"IfMatch": latest["ETag"]} if latest["VersionId"] in self.history.versions else None

    def _copy_of_another_try(self) -> Moved:
        """Return the copy that somebody made since the chunk began: the same task, run twice at once.

        :raises SourceVersionGoneError: when there is none.
        """
        there = self._look_at(self._look_again(), None, {})
        if there.copy:
            return self._moved(there.copy, is_beside_others=there.has_others)
        raise SourceVersionGoneError(self._source_uri, self.decision.version_id, self._copy_uri)

    def _look_again(self) -> KeyHistory | None:
        return list_histories(self.s3, self.bucket, [self.key]).get(self.key)

    def _head(self, bucket: str, key: str, version_id: str) -> dict[str, Any] | None:
        return _head(self.s3, bucket, key, version_id)

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
    if made.get("TagCount", 0) < len(tags):
        return (
            f"it shows {made.get('TagCount', 0)} of {len(tags)} tags, to a role that needs s3:GetObjectVersionTagging"
        )
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
    """Whether a version holds what was moved; one that is gone by now holds nothing else."""
    head = _head(s3, decision.bucket, decision.key, version_id)
    return head is None or head.get("ChecksumSHA256") == decision.checksum


def _head(s3: S3Client, bucket: str, key: str, version_id: str = "") -> dict[str, Any] | None:
    version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        return dict(s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **version))
    except ClientError as error:
        if is_missing(error):
            return None
        raise
