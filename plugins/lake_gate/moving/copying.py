"""Copy one object to the place that its decision names, and verify the copy."""

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
from lake_gate.moving.tags import MAX_TAGS, combined, gate_tags, own_tags
from lake_gate.s3 import multipart
from lake_gate.s3.answers import is_missing, is_precondition_failed, retry_on_conflict
from lake_gate.s3.versions import KeyHistory, head_version, list_histories, tags_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

_TRIES = 3
"""Attempts at a copy while other writers change the target."""
_HEADERS = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage")


@dataclass(slots=True)
class Target:
    """Versions at the place that an object is copied to.

    :param copy: version id of a verified copy.
    :param has_others: whether there are versions with other bytes.
    """

    copy: str | None = None
    has_others: bool = False


@dataclass(slots=True)
class Copying:
    """The copy of one object.

    :param bucket: bucket of the target.
    :param key: key of the target.
    :param history: versions at the target when they were last listed; None if there were none.
    """

    s3: S3Client
    decision: Decision
    run: Run
    bucket: str
    key: str
    history: KeyHistory | None
    reserved_tags: ClassVar[int] = 0
    """Number of tags that are added to a copy once it is verified."""
    own_tags: dict[str, str] = field(default_factory=dict)
    """The object's own tags; a copy that lacks one of them, or has another value, does not count as a copy."""

    def copy_verified(self) -> Moved:
        """Return the verified copy of the decided version, made by this call or by an earlier attempt.

        :raises CopyNotVerifiedError: when the copy differs from the landed object, or other writers keep changing the
            target.
        :raises SourceVersionGoneError: when neither the source nor a copy exists.
        """
        source = head_version(self.s3, self.decision.bucket, self.decision.key, self.decision.version_id)
        if source is None:
            return self._existing_copy()
        tags = self._tags(source)
        for _ in range(_TRIES):
            target = self._inspect(self.history, source, tags)
            if target.copy:
                return self._moved(target.copy, is_beside_others=target.has_others)
            try:
                if (condition := self._condition()) is not None:
                    return self._copy(source, tags, condition, has_others=target.has_others)
            except ClientError as error:
                if is_missing(error):
                    # Either the source or the target is gone: S3 answers alike when the object of If-Match is gone.
                    if not self._source_exists():
                        return self._existing_copy()
                elif not is_precondition_failed(error):
                    raise
            self.history = self._list_target()
        raise CopyNotVerifiedError(self._source_uri, self._copy_uri, "other writers keep changing the target")

    def _copy(
        self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str], *, has_others: bool
    ) -> Moved:
        """Copy the object and verify the copy before it is returned."""
        version_id = retry_on_conflict(lambda: self._send_copy(source, tags, condition))["VersionId"]
        made = head_version(self.s3, self.bucket, self.key, version_id)
        if difference := self._difference(made):
            self._refuse(version_id, difference)
        lost = _lost_property(source, made, tags) or (self._lost_tags(version_id, tags) if self.own_tags else "")
        if lost:  # the bytes are right, and another attempt may already rely on this copy: it stays
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, lost)
        if has_others:
            log.warning("%s already held other bytes: they are kept as an older version", loggable(self._copy_uri))
        return self._moved(version_id, is_beside_others=has_others)

    def _refuse(self, version_id: str, difference: str) -> NoReturn:
        """Delete a copy with other bytes, so that it cannot be taken for the object."""
        self.s3.delete_object(Bucket=self.bucket, Key=self.key, VersionId=version_id)
        raise CopyNotVerifiedError(self._source_uri, self._copy_uri, difference)

    def _send_copy(
        self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str]
    ) -> dict[str, Any]:
        """Copy exactly the decided version, in the parts that it was landed in.

        :return: S3's answer, with ``VersionId``, ``ChecksumSHA256`` and ``ServerSideEncryption``.
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
        """Return all of the object's own tags, and as many of the gate's as fit."""
        if source.get("TagCount"):
            answer = self.s3.get_object_tagging(
                Bucket=self.decision.bucket, Key=self.decision.key, VersionId=self.decision.version_id
            )
            self.own_tags = own_tags({tag["Key"]: tag["Value"] for tag in answer["TagSet"]}, self.run)
        return combined(self.own_tags, gate_tags(self.decision, self.run), MAX_TAGS - self.reserved_tags)

    def _lost_tags(self, version_id: str, tags: Mapping[str, str]) -> str:
        """Return how many tags a copy lacks or has with other values, as a sentence; empty if none.

        HeadObject returns only the number of tags.
        """
        found = tags_of(self.s3, self.bucket, self.key, version_id) or {}
        lost = sum(found.get(name) != value for name, value in tags.items())
        return f"{lost} of {len(tags)} tags are missing or have other values" if lost else ""

    def _inspect(self, history: KeyHistory | None, source: Mapping[str, Any] | None, tags: Mapping[str, str]) -> Target:
        """Compare every version at the target with the landed object.

        :param source: answer of HeadObject, whose properties a copy must have; None when the source is gone, because
            it is only deleted after its copy was verified.
        """
        target = Target()
        for version_id in history.versions if history else ():
            if (head := head_version(self.s3, self.bucket, self.key, version_id)) is None:
                continue
            if self._difference(head):
                target.has_others = True
            elif target.copy is None and (
                source is None or not (_lost_property(source, head, tags) or self._lost_tags(version_id, tags))
            ):
                target.copy = version_id
        return target

    def _condition(self) -> dict[str, str] | None:
        """Return the condition on the target under which S3 makes the copy; None when the target has a new version."""
        if not (self.history and self.history.versions):
            return {"IfNoneMatch": "*"}
        latest = head_version(self.s3, self.bucket, self.key)
        if latest is None:  # a delete marker
            return {"IfNoneMatch": "*"}
        return {"IfMatch": latest["ETag"]} if latest["VersionId"] in self.history.versions else None

    def _existing_copy(self) -> Moved:
        """Return the copy that a concurrent attempt of the same task has made since the chunk began.

        :raises SourceVersionGoneError: when there is none.
        """
        target = self._inspect(self._list_target(), None, {})
        if target.copy:
            return self._moved(target.copy, is_beside_others=target.has_others)
        raise SourceVersionGoneError(self._source_uri, self.decision.version_id, self._copy_uri)

    def _source_exists(self) -> bool:
        return head_version(self.s3, self.decision.bucket, self.decision.key, self.decision.version_id) is not None

    def _list_target(self) -> KeyHistory | None:
        return list_histories(self.s3, self.bucket, [self.key]).get(self.key)

    def _difference(self, head: Mapping[str, Any] | None) -> str:
        """Return how a version differs from the landed object, as a sentence; empty if it does not."""
        if head is None:
            return "it does not exist"
        if head["ContentLength"] != self.decision.size_bytes:
            return f"it has {head['ContentLength']} bytes instead of {self.decision.size_bytes}"
        if head.get("ChecksumSHA256") != self.decision.checksum:
            return "its SHA-256 differs"
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


def _lost_property(source: Mapping[str, Any], made: Mapping[str, Any] | None, tags: Mapping[str, str]) -> str:
    """Return which property of the source the copy lacks, as a sentence; empty if none.

    The copy is encrypted as its bucket is configured, not as the source is.
    """
    made = made or {}
    for name in (*_HEADERS, "Metadata", "StorageClass"):
        if source.get(name) != made.get(name):
            return f"its {name} differs"
    if made.get("TagCount", 0) < len(tags):
        return f"S3 reports {made.get('TagCount', 0)} of {len(tags)} tags; the role needs s3:GetObjectVersionTagging"
    if not made.get("ServerSideEncryption"):
        return "it is not encrypted"
    return ""
