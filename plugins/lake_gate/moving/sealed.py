"""Copying into quarantine, which the gate writes to and may not read.

Whoever runs the gate could otherwise look at what it isolates. S3 answers no HeadObject there, as that is s3:GetObject;
it lists the versions, and tells their tags. So a copy is verified by what S3 says when it makes it, and only then is it
*sealed*: the tag ``checksum`` says which bytes it holds. What has no such tag, nobody has verified: it is deleted once
there is a sealed copy.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject_RequestSyntax ("Permissions")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, override

from lake_gate.errors import CopyNotVerifiedError
from lake_gate.moving.copying import MAX_TAG_CHARACTERS, Copying, There
from lake_gate.moving.versions import KeyHistory, tags_of
from lake_gate.recording.record import Moved

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECKSUM_TAG = "checksum"


def sealed_checksum(s3: S3Client, bucket: str, key: str, version_id: str) -> str | None:
    """Return the SHA-256 of a verified copy, as S3 shows it elsewhere; None: it is not there, or nobody verified it."""
    return (tags_of(s3, bucket, key, version_id) or {}).get(CHECKSUM_TAG)


@dataclass(slots=True)
class SealedCopying(Copying):
    """One object on its way into a bucket that is not read."""

    kept_for_later_tags: ClassVar[int] = 1
    _unsealed: list[str] = field(default_factory=list)
    """Versions of this run that were there, without a seal, before a copy was made or found."""

    @override
    def copy_verified(self) -> Moved:
        """Return the sealed copy, and remove what tries before it have left beside it."""
        moved = Copying.copy_verified(self)
        for version_id in self._unsealed:
            # Asked again: the same task, run twice at once, may have sealed it meanwhile and count on it.
            if sealed_checksum(self.s3, self.bucket, self.key, version_id) is None:
                self.s3.delete_object(Bucket=self.bucket, Key=self.key, VersionId=version_id)
        return moved

    @override
    def _copy(
        self, source: Mapping[str, Any], tags: Mapping[str, str], condition: dict[str, str], *, has_others: bool
    ) -> Moved:
        """Copy, verify what S3 says of the copy, and seal it."""
        made = self._send_copy(source, tags, condition)
        version_id = made["VersionId"]
        if made.get("ChecksumSHA256") != self.decision.checksum:
            self._refuse(version_id, "its SHA-256 is another one")
        if not made.get("ServerSideEncryption"):
            raise CopyNotVerifiedError(self._source_uri, self._copy_uri, "it is not encrypted")
        seal = {**tags, CHECKSUM_TAG: self.decision.checksum}
        self.s3.put_object_tagging(
            Bucket=self.bucket,
            Key=self.key,
            VersionId=version_id,
            Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in seal.items()]},
        )
        return self._moved(version_id, is_beside_others=has_others)

    @override
    def _look_at(self, history: KeyHistory | None, source: Mapping[str, Any] | None, tags: Mapping[str, str]) -> There:
        """Look at the tags of every version; a copy of this run that is not sealed is what a crash has left."""
        there, self._unsealed = There(), []
        for version_id in history.versions if history else ():
            found = tags_of(self.s3, self.bucket, self.key, version_id)
            if found is None:
                continue
            if found.get(CHECKSUM_TAG) == self.decision.checksum:
                there.copy = there.copy or version_id
            elif found.get("run") != self.run.folder[:MAX_TAG_CHARACTERS]:
                there.has_others = True
            elif CHECKSUM_TAG not in found:
                self._unsealed.append(version_id)
        return there

    @override
    def _condition(self) -> dict[str, str]:
        """Return what S3 has to find: nothing, when nothing was there.

        Where something is, a copy becomes one more version, without a condition: ``If-Match`` takes the right to read.
        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        return {} if self.history and self.history.versions else {"IfNoneMatch": "*"}
