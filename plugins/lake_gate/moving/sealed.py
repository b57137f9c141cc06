"""Copying into quarantine, which the gate writes to and may not read.

Whoever runs the gate could otherwise look at what it isolates. S3 answers no HeadObject there, as that is s3:GetObject;
it lists the versions, and tells their tags. So a copy is verified by what S3 says when it makes it, and only then is it
*sealed*: the tag ``checksum`` says which bytes it holds. What has no such tag, nobody has verified: it is deleted once
there is a sealed copy, and only when it is written down which version counts. Before that, the same task at work a
second time might seal it in the moment before it is deleted, and write down that version.

All tags of the object are kept. Where they leave no room for the seal, it is an empty object beside the copy.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject_RequestSyntax ("Permissions")
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, override

from botocore.exceptions import ClientError

from lake_gate.errors import CopyNotVerifiedError, FinalGateError, from_aws_error
from lake_gate.model.manifest import Moved
from lake_gate.model.names import loggable
from lake_gate.model.run import Run
from lake_gate.moving.copying import Copying, There
from lake_gate.moving.tags import MOST_TAGS, SEAL_TAG, SECOND_SEAL_TAG, value_of_run
from lake_gate.s3.answers import retry_on_conflict
from lake_gate.s3.versions import KeyHistory, list_histories, tags_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

_SEALS = "_sealed/"
"""Where quarantine has the seals of copies whose objects have as many tags of their own as S3 allows: empty objects."""


def sealed_checksum(s3: S3Client, bucket: str, key: str, version_id: str) -> str | None:
    """Return the SHA-256 of a verified copy, as S3 shows it elsewhere; None: it is not there, or nobody verified it."""
    return _seal_of(s3, bucket, key, version_id, tags_of(s3, bucket, key, version_id) or {})


def _seal_of(s3: S3Client, bucket: str, key: str, version_id: str, tags: Mapping[str, str]) -> str | None:
    """Return what the seal of a version says.

    No version has one of the tags before it is verified, whatever tags its object has: see :meth:`SealedCopying._tags`.
    """
    if seal := tags.get(SECOND_SEAL_TAG):
        return seal
    if len(tags) == MOST_TAGS:
        beside = _beside(key, version_id)
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=beside).get("Contents", ())
        # An empty object has no findings: what is isolated because of some cannot pass for a seal.
        if seal := next((one["Key"].removeprefix(beside) for one in listed if not one["Size"]), None):
            return seal
    return tags.get(SEAL_TAG)


def _beside(key: str, version_id: str) -> str:
    """Return the beginning of the key of a seal that is an object; the checksum is its end."""
    return f"{_SEALS}{hashlib.sha256(f'{version_id} {key}'.encode()).hexdigest()}/"


def remove_unsealed(s3: S3Client, bucket: str, moved: Iterable[Moved], run: Run) -> None:
    """Delete what tries of this run have left, unverified, at the places of its sealed copies.

    :param bucket: that of quarantine.
    :param moved: which versions count, as it is written down for good: they stay whatever their tags are.
    """
    counting: dict[str, set[str]] = {}
    for one in moved:
        counting.setdefault(one.key, set()).add(one.version_id)
    for key, history in list_histories(s3, bucket, counting).items():
        if not counting[key].issubset(history.versions):
            continue  # what counts is not there: nothing may go
        for version_id in history.versions:
            if version_id not in counting[key] and _is_unsealed(s3, bucket, key, version_id, run):
                _remove(s3, bucket, key, version_id)


def _is_unsealed(s3: S3Client, bucket: str, key: str, version_id: str, run: Run) -> bool:
    tags = tags_of(s3, bucket, key, version_id) or {}
    return tags.get("run") == value_of_run(run) and not _seal_of(s3, bucket, key, version_id, tags)


def _remove(s3: S3Client, bucket: str, key: str, version_id: str) -> None:
    try:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version_id)
    except ClientError as error:
        if not isinstance(from_aws_error(error), FinalGateError):
            raise
        # It is isolated like the copy that counts: no reason to fail a move that is done.
        log.warning("An unverified version of %s stays: S3 refuses to delete it", loggable(f"s3://{bucket}/{key}"))


@dataclass(slots=True)
class SealedCopying(Copying):
    """One object on its way into a bucket that is not read."""

    kept_for_later_tags: ClassVar[int] = 1

    @override
    def _copy(
        self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str], *, has_others: bool
    ) -> Moved:
        """Copy, verify what S3 says of the copy, and seal it."""
        made = retry_on_conflict(lambda: self._send_copy(source, tags, condition))
        version_id = made["VersionId"]
        if made.get("ChecksumSHA256") != self.decision.checksum:
            self._refuse(version_id, "its SHA-256 is another one")
        if not made.get("ServerSideEncryption"):
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, "it is not encrypted")
        sealed = self._seal(version_id, tags)
        if self.own_tags and (lost := self._lost_tags(version_id, sealed)):
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, lost)
        return self._moved(version_id, is_beside_others=has_others)

    def _seal(self, version_id: str, tags: Mapping[str, str]) -> dict[str, str]:
        """Seal a verified copy, and return the tags that it has then."""
        sealed = {**tags, **self.own_tags}
        if len(sealed) < MOST_TAGS:
            sealed[SECOND_SEAL_TAG if SEAL_TAG in self.own_tags else SEAL_TAG] = self.decision.checksum
        else:
            self.s3.put_object(Bucket=self.bucket, Key=_beside(self.key, version_id) + self.decision.checksum, Body=b"")
        self.s3.put_object_tagging(
            Bucket=self.bucket,
            Key=self.key,
            VersionId=version_id,
            Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in sealed.items()]},
        )
        return sealed

    @override
    def _tags(self, source: Mapping[str, Any]) -> dict[str, str]:
        """Return the tags that the copy is made with: one of the object's own must not be taken for the seal."""
        return {name: value for name, value in Copying._tags(self, source).items() if name != SEAL_TAG}

    @override
    def _look_at(self, history: KeyHistory | None, source: Mapping[str, Any] | None, tags: Mapping[str, str]) -> There:
        """Look at the tags of every version; a copy of this run that is not sealed is what a crash has left."""
        there = There()
        for version_id in history.versions if history else ():
            found = tags_of(self.s3, self.bucket, self.key, version_id)
            if found is None:
                continue
            if _seal_of(self.s3, self.bucket, self.key, version_id, found) == self.decision.checksum:
                if there.copy is None and (source is None or self.own_tags.items() <= found.items()):
                    there.copy = version_id
            elif found.get("run") != value_of_run(self.run):
                there.has_others = True
        return there

    @override
    def _condition(self) -> dict[str, str]:
        """Return what S3 has to find: nothing, when nothing was there.

        Where something is, a copy becomes one more version, without a condition: ``If-Match`` takes the right to read.
        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        return {} if self.history and self.history.versions else {"IfNoneMatch": "*"}
