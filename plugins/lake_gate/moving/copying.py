"""One object on its way to where its decision sends it, up to its verified copy."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from lake_gate.decision.decision import Decision
from lake_gate.errors import CopyNotVerifiedError, SourceVersionGoneError
from lake_gate.model.manifest import Moved
from lake_gate.model.names import loggable
from lake_gate.model.run import Run
from lake_gate.moving.tags import MOST_TAGS, gates_tags, joined, own_tags
from lake_gate.s3 import multipart
from lake_gate.s3.answers import is_missing, is_precondition_failed, retry_on_conflict
from lake_gate.s3.versions import KeyHistory, head_version, list_histories, tags_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

_TRIES = 3
"""How often a copy is tried while others write to its place."""
_HEADERS = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage")


@dataclass(slots=True)
class There:
    """What is at the place that an object goes to.

    :param copy: version id of a verified copy.
    :param has_others: there are versions with other bytes.
    """

    copy: str | None = None
    has_others: bool = False


@dataclass(slots=True)
class Copying:
    """One object on its way.

    :param bucket: where it goes, with ``key``.
    :param history: what is at that place as far as is known, None: nothing.
    """

    s3: S3Client
    decision: Decision
    run: Run
    bucket: str
    key: str
    history: KeyHistory | None
    kept_for_later_tags: ClassVar[int] = 0
    """How many tags a copy gets when it is verified."""
    own_tags: dict[str, str] = field(default_factory=dict)
    """The object's own tags: a copy without them, or with other values, is not a copy."""

    def copy_verified(self) -> Moved:
        """Return the verified copy of the decided version, made now or by a try before this one."""
        source = head_version(self.s3, self.decision.bucket, self.decision.key, self.decision.version_id)
        if source is None:
            return self._copy_of_another_try()
        tags = self._tags(source)
        for _ in range(_TRIES):
            there = self._look_at(self.history, source, tags)
            if there.copy:
                return self._moved(there.copy, is_beside_others=there.has_others)
            try:
                if (condition := self._condition()) is not None:
                    return self._copy(source, tags, condition, has_others=there.has_others)
            except ClientError as error:
                if is_missing(error):
                    # The source, or what was at the place: S3 says the same of a condition on an object that is gone.
                    if not self._is_source_there():
                        return self._copy_of_another_try()
                elif not is_precondition_failed(error):
                    raise
            self.history = self._look_again()
        raise CopyNotVerifiedError(self._source_uri, self._copy_uri, "other writers keep changing the target")

    def _copy(
        self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str], *, has_others: bool
    ) -> Moved:
        """Copy, and look at the copy before anybody is told of it."""
        version_id = retry_on_conflict(lambda: self._send_copy(source, tags, condition))["VersionId"]
        made = head_version(self.s3, self.bucket, self.key, version_id)
        if difference := self._difference(made):
            self._refuse(version_id, difference)
        lost = _lost(source, made, tags) or (self._lost_tags(version_id, tags) if self.own_tags else "")
        if lost:  # it has the right bytes: who finds it may count on it, so it stays
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, lost)
        if has_others:
            log.warning("%s holds other bytes, too: they stay, as an older version", loggable(self._copy_uri))
        return self._moved(version_id, is_beside_others=has_others)

    def _refuse(self, version_id: str, difference: str) -> NoReturn:
        """Delete a copy that has other bytes: nobody may take it for the object."""
        self.s3.delete_object(Bucket=self.bucket, Key=self.key, VersionId=version_id)
        raise CopyNotVerifiedError(self._source_uri, self._copy_uri, difference)

    def _send_copy(
        self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str]
    ) -> dict[str, Any]:
        """Copy exactly the decided version, in the parts it was landed in; return what S3 says of the copy.

        :return: with ``VersionId``, ``ChecksumSHA256`` and ``ServerSideEncryption``.
        """
        version = {"Bucket": self.decision.bucket, "Key": self.decision.key, "VersionId": self.decision.version_id}
        target = {"Bucket": self.bucket, "Key": self.key, "Tagging": urlencode(tags), **_storage_class(source)}
        if self.decision.part_bytes:
            multipart.abort_leftovers(self.s3, self.bucket, self.key)
            kept = {name: source[name] for name in (*_HEADERS, "Metadata") if source.get(name)}
            size, parts = self.decision.size_bytes, self.decision.part_bytes
            return multipart.copy(self.s3, version, size, parts, condition, **target, **kept)
        answer: Mapping[str, Any] = self.s3.copy_object(
            **target,  # type: ignore[arg-type]
            **condition,  # type: ignore[arg-type]
            CopySource=version,  # type: ignore[arg-type]
            ChecksumAlgorithm="SHA256",
            TaggingDirective="REPLACE",
        )
        return {**answer, **answer["CopyObjectResult"]}

    def _tags(self, source: Mapping[str, Any]) -> dict[str, str]:
        """Return the object's own tags, all of them, and of the gate's as many as fit: which run, what, and why."""
        if source.get("TagCount"):
            answer = self.s3.get_object_tagging(
                Bucket=self.decision.bucket, Key=self.decision.key, VersionId=self.decision.version_id
            )
            self.own_tags = own_tags({tag["Key"]: tag["Value"] for tag in answer["TagSet"]}, self.run)
        return joined(self.own_tags, gates_tags(self.decision, self.run), MOST_TAGS - self.kept_for_later_tags)

    def _lost_tags(self, version_id: str, tags: Mapping[str, str]) -> str:
        """Say whether a copy lacks tags, or has other values; empty when it does not. HeadObject has only a number."""
        found = tags_of(self.s3, self.bucket, self.key, version_id) or {}
        lost = sum(found.get(name) != value for name, value in tags.items())
        return f"{lost} of {len(tags)} tags are missing or have other values" if lost else ""

    def _look_at(self, history: KeyHistory | None, source: Mapping[str, Any] | None, tags: Mapping[str, str]) -> There:
        """Look at every version that is at the place.

        :param source: what a copy must have besides the bytes; None when the source is gone: whoever deleted it had
            verified the copy.
        """
        there = There()
        for version_id in history.versions if history else ():
            if (head := head_version(self.s3, self.bucket, self.key, version_id)) is None:
                continue
            if self._difference(head):
                there.has_others = True
            elif there.copy is None and (
                source is None or not (_lost(source, head, tags) or self._lost_tags(version_id, tags))
            ):
                there.copy = version_id
        return there

    def _condition(self) -> dict[str, str] | None:
        """Return what S3 has to find at the place still, or the copy is not made; None: look again, something came."""
        if not (self.history and self.history.versions):
            return {"IfNoneMatch": "*"}
        latest = head_version(self.s3, self.bucket, self.key)
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

    def _is_source_there(self) -> bool:
        return head_version(self.s3, self.decision.bucket, self.decision.key, self.decision.version_id) is not None

    def _look_again(self) -> KeyHistory | None:
        return list_histories(self.s3, self.bucket, [self.key]).get(self.key)

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
