"""The permissions that a request to S3 needs.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from localaws.iam.policy import Permission
from localaws.iam.request import AwsRequest
from localaws.iam.s3_actions import ACTIONS, GRANT_HEADERS, KEY_HEADERS, KEY_PARAMETERS, VERSIONED
from localaws.iam.stored import (
    find_bucket,
    find_object,
    has_bucket_key,
    key_for_writing,
    key_of_object,
    key_of_upload,
    tags_of,
)

_BEGIN_WRITING = {"PutObject", "CopyObject", "CreateMultipartUpload"}
#: What makes an object, and so may carry a condition; the other writes are parts of an upload.
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
_CREATE = {"PutObject", "CopyObject", "CompleteMultipartUpload"}
_WRITE = {*_BEGIN_WRITING, "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}
_COPY = {"CopyObject", "UploadPartCopy"}
_READ_CONTENT = {"GetObject", "GetObjectAttributes", "SelectObjectContent"}
#: Operations that return 404 only to callers who may list the bucket.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax (Permissions)
READ = {*_READ_CONTENT, *_COPY, "HeadObject"}


@dataclass(frozen=True, slots=True)
class Place:
    """An object, or one version of it."""

    bucket: str
    key: str
    version_id: str | None = None


class S3Request:
    """A request to S3, as far as permissions depend on it."""

    def __init__(self, request: AwsRequest, partition: str) -> None:
        self._request = request
        self._partition = partition
        self.operation = request.operation
        self._query = dict(parse_qsl(request.environ.get("QUERY_STRING", ""), keep_blank_values=True))
        path = request.parameters
        self.place = Place(path.get("Bucket", ""), path.get("Key", ""), self._query.get("versionId"))

    def permissions(self) -> Iterator[Permission]:
        """Yield the permissions that a request needs; none for DeleteObjects, whose keys are decided separately."""
        if self.operation == "DeleteObjects":
            return
        if self.operation in _COPY:
            yield from self._of_source()
        if self.operation in _WRITE:
            yield from self._of_writing()
        else:
            yield from self._of_other()
        if self._request.header("if-match") not in (None, "*") and self.operation in {*_WRITE, "DeleteObject"}:
            yield self._permission("GetObject", self.place)

    def deletion(self, key: str, version_id: str | None) -> Permission:
        """Return the permission for a key of DeleteObjects."""
        action = "DeleteObjectVersion" if version_id else "DeleteObject"
        return self._permission(action, Place(self.place.bucket, key, version_id))

    def listing(self) -> Permission:
        """Return the permission for a 404: to list the bucket that is read from."""
        place = self._source if self.operation in _COPY else self.place
        arn = f"arn:{self._partition}:s3:::{place.bucket}"
        return Permission("s3:ListBucket", arn, {}, _owner(place.bucket))

    # ---- parts of a request

    def _of_other(self) -> Iterator[Permission]:
        if self.operation in VERSIONED:
            for latest, of_version in VERSIONED[self.operation]:
                yield self._permission(of_version if self.place.version_id else latest, self.place)
        else:
            yield self._permission(ACTIONS.get(self.operation, self.operation), self.place)
        if (self._request.header("x-amz-bypass-governance-retention") or "").lower() == "true":
            yield self._permission("BypassGovernanceRetention", self.place)
        is_checksum_wanted = self.operation == "HeadObject" and self._request.header("x-amz-checksum-mode")
        if self.operation in _READ_CONTENT or is_checksum_wanted:
            yield from self._of_key("Decrypt", key_of_object(_stored(self.place)), self.place)

    def _of_source(self) -> Iterator[Permission]:
        """Yield the permissions to read the source of a copy, with its tags unless the request replaces them.

        Objects without tags need none for them: the function of https://github.com/garystafford/macie-demo copies
        with ``s3:GetObject`` and ``s3:PutObject`` alone.
        """
        source = self._source
        version = "Version" if source.version_id else ""
        yield self._permission(f"GetObject{version}", source)
        if self._copies_tags and tags_of(_stored(source)):
            yield self._permission(f"GetObject{version}Tagging", source)
        yield from self._of_key("Decrypt", key_of_object(_stored(source)), source)

    def _of_writing(self) -> Iterator[Permission]:
        header = self._request.header
        yield self._permission("PutObject", self.place)
        if self.operation not in _BEGIN_WRITING:  # S3 reads the parts that it has to put together
            upload_id = self._query.get("uploadId", "")
            yield from self._of_key("Decrypt", key_of_upload(self.place.bucket, upload_id), self.place)
            return
        if header("x-amz-tagging") or (self._copies_tags and tags_of(_stored(self._source))):
            yield self._permission("PutObjectTagging", self.place)
        if any(header(name) for name in GRANT_HEADERS):
            yield self._permission("PutObjectAcl", self.place)
        if header("x-amz-object-lock-mode"):
            yield self._permission("PutObjectRetention", self.place)
        if header("x-amz-object-lock-legal-hold"):
            yield self._permission("PutObjectLegalHold", self.place)
        encryption, key_id = (
            header("x-amz-server-side-encryption"),
            header("x-amz-server-side-encryption-aws-kms-key-id"),
        )
        key = key_for_writing(self.place.bucket, encryption, key_id)
        yield from self._of_key("GenerateDataKey", key, self.place)

    @property
    def _copies_tags(self) -> bool:
        directive = self._request.header("x-amz-tagging-directive") or "COPY"
        return self.operation == "CopyObject" and directive == "COPY"

    @cached_property
    def _source(self) -> Place:
        source = urlsplit(self._request.header("x-amz-copy-source") or "")
        bucket, _, key = unquote(source.path).lstrip("/").partition("/")
        return Place(bucket, key, parse_qs(source.query).get("versionId", [None])[0])

    # ---- permissions

    def _permission(self, action: str, place: Place) -> Permission:
        if not place.bucket:
            return Permission(f"s3:{action}", "*", self._keys(place))
        path = f"{place.bucket}/{place.key}" if place.key else place.bucket
        return Permission(f"s3:{action}", f"arn:{self._partition}:s3:::{path}", self._keys(place), _owner(place.bucket))

    def _of_key(self, action: str, key: str | None, place: Place) -> Iterator[Permission]:
        """Yield the permissions for KMS, which S3 calls in the caller's name.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
        """
        if key is None:
            return
        about = place.bucket if has_bucket_key(place.bucket) else f"{place.bucket}/{place.key}"
        _, _, _, region_name, account_id, _ = key.split(":", 5)
        keys = {
            "kms:viaservice": (f"s3.{region_name}.amazonaws.com",),
            "kms:encryptioncontext:aws:s3:arn": (f"arn:{self._partition}:s3:::{about}",),
            "kms:encryptioncontextkeys": ("aws:s3:arn",),
            "aws:viaawsservice": ("true",),
        }
        yield Permission(f"kms:{action}", key, keys, account_id)

    def _keys(self, place: Place) -> Mapping[str, tuple[str, ...]]:
        query = {key: self._query.get(name) for name, key in KEY_PARAMETERS.items()}
        headers = {key: self._request.header(name) for name, key in KEY_HEADERS.items()}
        keys: dict[str, tuple[str, ...]] = {
            key: (value,) for key, value in {**query, **headers}.items() if value is not None
        }
        if self.operation in _WRITE:
            keys["s3:objectcreationoperation"] = (str(self.operation in _CREATE).lower(),)
        if place.version_id:
            keys["s3:versionid"] = (place.version_id,)
        requested = parse_qsl(self._request.header("x-amz-tagging") or "", keep_blank_values=True)
        for tag, value in requested:
            keys[f"s3:requestobjecttag/{tag.lower()}"] = (value,)
        if requested:
            keys["s3:requestobjecttagkeys"] = tuple(tag for tag, _ in requested)
        for tag, value in tags_of(_stored(place)).items() if place.key else ():
            keys[f"s3:existingobjecttag/{tag.lower()}"] = (value,)
        return keys


def _stored(place: Place) -> Any:
    return find_object(place.bucket, place.key, place.version_id)


def _owner(bucket_name: str) -> str | None:
    bucket = find_bucket(bucket_name)
    return bucket.account_id if bucket else None
