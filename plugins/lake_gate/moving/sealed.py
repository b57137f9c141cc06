"""Copy objects into quarantine, which the gate can write but not read.

The gate's role has no s3:GetObject there, so that its users cannot read isolated objects. HeadObject needs that
permission, too; listing versions and reading tags do not. So a copy is verified by S3's answer to the copy request, and
is then *sealed*: the tag ``checksum`` holds the SHA-256 of its bytes. A version without a seal is not verified. It is
deleted once a sealed copy exists and the ledger names the version that counts. If it were deleted earlier, a concurrent
attempt of the same task could seal it just before the deletion and write its version id into the ledger.

All tags of the object are kept. If they leave no room for the seal, an empty object beside the copy is the seal.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject_RequestSyntax ("Permissions")
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, override

from botocore.exceptions import ClientError

from lake_gate.errors import CopyNotVerifiedError, FinalGateError, from_aws_error
from lake_gate.model.manifest import Moved
from lake_gate.model.names import loggable
from lake_gate.model.run import Run
from lake_gate.moving.copying import Copying, Target
from lake_gate.moving.tags import MAX_TAGS, SEAL_TAG, SECOND_SEAL_TAG, run_tag_value
from lake_gate.s3.answers import retry_on_conflict
from lake_gate.s3.versions import KeyHistory, list_histories, tags_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

SEALS = "_sealed/"
"""Prefix of seals that are empty objects: those of copies whose own tags reach S3's limit."""


def sealed_checksum(s3: S3Client, bucket: str, key: str, version_id: str) -> str | None:
    """Return the SHA-256 of a sealed copy as HeadObject would; None if the version is gone or not sealed."""
    return _seal_of(s3, bucket, key, version_id, tags_of(s3, bucket, key, version_id) or {})


def _seal_of(s3: S3Client, bucket: str, key: str, version_id: str, tags: Mapping[str, str]) -> str | None:
    """Return the checksum in the seal of a version; None if it is not sealed.

    A copy never has one of these tags before it is verified, even if its object has: see :meth:`SealedCopying._tags`.
    """
    if seal := tags.get(SECOND_SEAL_TAG):
        return seal
    if len(tags) == MAX_TAGS:
        prefix = _seal_prefix(key, version_id)
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
        # A seal is empty. An isolated object with findings is not, so it cannot be taken for a seal.
        if seal := next((item["Key"].removeprefix(prefix) for item in listed if not item["Size"]), None):
            return seal
    return tags.get(SEAL_TAG)


def _seal_prefix(key: str, version_id: str) -> str:
    """Return the prefix of the key of a seal that is an object; the rest of the key is the checksum."""
    return f"{SEALS}{hashlib.sha256(f'{version_id} {key}'.encode()).hexdigest()}/"


def remove_unsealed(s3: S3Client, bucket: str, moved: Iterable[Moved], run: Run) -> None:
    """Delete unverified versions that earlier attempts of this run have left beside its sealed copies.

    :param bucket: the quarantine bucket.
    :param moved: the versions that count, as recorded by the caller; they are kept, whatever their tags are.
    """
    for key, version_id in _iter_copies_beside(s3, bucket, moved, run):
        if not sealed_checksum(s3, bucket, key, version_id):
            _remove(s3, bucket, key, version_id)


def remove_other_copies(s3: S3Client, bucket: str, recorded: Sequence[Moved], run: Run) -> None:
    """Delete unverified versions as :func:`remove_unsealed` does, and sealed copies of the same bytes.

    Two attempts of one task at the same time can each seal a copy. The ledger is written once, so that both use the
    versions in it.

    :param recorded: the versions in the ledger, as read from S3.
    """
    counting = {item.key: item.version_id for item in recorded}
    for key, version_id in _iter_copies_beside(s3, bucket, recorded, run):
        seal = sealed_checksum(s3, bucket, key, version_id)
        if not seal or seal == sealed_checksum(s3, bucket, key, counting[key]):
            _remove(s3, bucket, key, version_id)


def _iter_copies_beside(s3: S3Client, bucket: str, moved: Iterable[Moved], run: Run) -> Iterator[tuple[str, str]]:
    """Yield key and version id of the other versions that this run has written where it has moved objects to."""
    counting: dict[str, set[str]] = {}
    for item in moved:
        counting.setdefault(item.key, set()).add(item.version_id)
    for key, history in list_histories(s3, bucket, counting).items():
        if not counting[key].issubset(history.versions):
            continue  # a version that counts is missing: delete nothing
        for version_id in history.versions:
            if version_id not in counting[key] and _is_of(s3, bucket, key, version_id, run):
                yield key, version_id


def _is_of(s3: S3Client, bucket: str, key: str, version_id: str, run: Run) -> bool:
    return (tags_of(s3, bucket, key, version_id) or {}).get("run") == run_tag_value(run)


def _remove(s3: S3Client, bucket: str, key: str, version_id: str) -> None:
    try:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version_id)
    except ClientError as error:
        if not isinstance(from_aws_error(error), FinalGateError):
            raise
        # The version is isolated like the sealed copy, so the completed move does not fail.
        log.warning("An unverified version of %s was kept: S3 refused to delete it", loggable(f"s3://{bucket}/{key}"))


@dataclass(slots=True)
class SealedCopying(Copying):
    """The copy of one object into a bucket that the gate cannot read."""

    reserved_tags: ClassVar[int] = 1

    @override
    def _copy(
        self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str], *, has_others: bool
    ) -> Moved:
        """Copy the object, verify S3's answer, and seal the copy."""
        made = retry_on_conflict(lambda: self._send_copy(source, tags, condition))
        version_id = made["VersionId"]
        if made.get("ChecksumSHA256") != self.decision.checksum:
            self._refuse(version_id, "its SHA-256 differs")
        if not made.get("ServerSideEncryption"):
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, "it is not encrypted")
        sealed = self._seal(version_id, tags)
        if self.own_tags and (lost := self._lost_tags(version_id, sealed)):
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, lost)
        return self._moved(version_id, is_beside_others=has_others)

    def _seal(self, version_id: str, tags: Mapping[str, str]) -> dict[str, str]:
        """Seal a verified copy, and return its new tags."""
        sealed = {**tags, **self.own_tags}
        if len(sealed) < MAX_TAGS:
            sealed[SECOND_SEAL_TAG if SEAL_TAG in self.own_tags else SEAL_TAG] = self.decision.checksum
        else:
            self.s3.put_object(
                Bucket=self.bucket, Key=_seal_prefix(self.key, version_id) + self.decision.checksum, Body=b""
            )
        self.s3.put_object_tagging(
            Bucket=self.bucket,
            Key=self.key,
            VersionId=version_id,
            Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in sealed.items()]},
        )
        return sealed

    @override
    def _tags(self, source: Mapping[str, Any]) -> dict[str, str]:
        """Return the tags to copy with: without one of the object's own that could be taken for the seal."""
        return {name: value for name, value in Copying._tags(self, source).items() if name != SEAL_TAG}

    @override
    def _inspect(self, history: KeyHistory | None, source: Mapping[str, Any] | None, tags: Mapping[str, str]) -> Target:
        """Compare the seal of every version; unsealed copies of this run are left over from a crash and ignored."""
        target = Target()
        for version_id in history.versions if history else ():
            found = tags_of(self.s3, self.bucket, self.key, version_id)
            if found is None:
                continue
            if _seal_of(self.s3, self.bucket, self.key, version_id, found) == self.decision.checksum:
                if target.copy is None and (source is None or self.own_tags.items() <= found.items()):
                    target.copy = version_id
            elif found.get("run") != run_tag_value(self.run):
                target.has_others = True
        return target

    @override
    def _condition(self) -> dict[str, str]:
        """Return the condition that the target does not exist, if it had no versions when it was listed.

        Otherwise the copy becomes a further version without a condition: ``If-Match`` needs permission to read.
        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        return {} if self.history and self.history.versions else {"IfNoneMatch": "*"}
