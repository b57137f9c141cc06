"""S3 as Macie sees it: the only module that knows how moto keeps buckets and objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO

from moto.s3.exceptions import MissingBucket
from moto.s3.models import OWNER, FakeBucket, FakeKey, S3Backend, s3_backends


class BucketUnavailableError(Exception):
    """The bucket does not exist, is in another account than said, or in another Region."""


class ObjectUnavailableError(Exception):
    """The object is no longer there."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """How S3 encrypts: ``AES256`` or ``aws:kms`` with the id or ARN of the key."""

    type: str = "AES256"
    kms_key_id: str | None = None


@dataclass(frozen=True, slots=True)
class S3Bucket:
    """The facts about a bucket that findings carry."""

    account_id: str
    name: str
    arn: str
    created_at: datetime
    owner_id: str
    tags: Mapping[str, str]
    encryption: Encryption
    is_private: bool
    public_access_block: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class S3Object:
    """The facts about the latest version of an object; ``version_id`` is empty in an unversioned bucket."""

    bucket: S3Bucket
    key: str
    e_tag: str
    version_id: str
    size_bytes: int
    last_modified_at: datetime
    storage_class: str
    encryption: Encryption
    tags: Mapping[str, str]


class Storage:
    """Buckets of one Region, read and written in process.

    The backends are taken when the job is created: a job that outlives moto's reset sees the old, empty ones.
    """

    def __init__(self, account_ids: set[str], region_name: str, partition: str) -> None:
        self._backends: dict[str, S3Backend] = {account: s3_backends[account][partition] for account in account_ids}
        self._region_name = region_name

    def list_buckets(self, account_id: str) -> list[S3Bucket]:
        buckets = list(self._backends[account_id].buckets.values())
        return [self._describe(bucket) for bucket in buckets if bucket.region_name == self._region_name]

    def get_bucket(self, account_id: str, name: str) -> S3Bucket:
        """Return one bucket.

        :raises BucketUnavailableError: when that account has no such bucket in this Region.
        """
        return self._describe(self._bucket(account_id, name))

    def iter_objects(self, bucket: S3Bucket) -> Iterator[S3Object]:
        """Yield the latest version of every key, in the order of keys; skip keys whose latest is a delete marker."""
        stored = self._bucket(bucket.account_id, bucket.name)
        for key in sorted(list(stored.keys)):  # noqa: C414 - list() is one step, sorted() alone would race with writers
            latest = stored.keys.get(key)
            if isinstance(latest, FakeKey):
                yield self._facts(bucket, latest)

    def open_latest(self, candidate: S3Object) -> tuple[S3Object, BinaryIO]:
        """Return the version that is the latest now, with its bytes.

        :raises ObjectUnavailableError: when there is none any more.
        """
        try:
            latest = self._bucket(candidate.bucket.account_id, candidate.bucket.name).keys.get(candidate.key)
            if isinstance(latest, FakeKey):
                return self._facts(candidate.bucket, latest), BytesIO(latest.value)
        except (BucketUnavailableError, ValueError):  # ValueError: moto closed the object's buffer when it was deleted
            pass
        raise ObjectUnavailableError(candidate.bucket.name, candidate.key)

    def put_object(self, account_id: str, bucket_name: str, key: str, body: bytes, kms_key_arn: str) -> None:
        """Write an object encrypted with the key.

        :raises BucketUnavailableError: when the bucket is gone.
        """
        try:
            self._backends[account_id].put_object(
                bucket_name, key, body, encryption="aws:kms", kms_key_id=kms_key_arn, request_method="PUT"
            )
        except MissingBucket as error:
            raise BucketUnavailableError(account_id, bucket_name) from error

    def _bucket(self, account_id: str, name: str) -> FakeBucket:
        bucket = self._backends[account_id].buckets.get(name)
        if bucket is None or bucket.region_name != self._region_name:
            raise BucketUnavailableError(account_id, name)
        return bucket

    def _describe(self, bucket: FakeBucket) -> S3Bucket:
        rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
        block = bucket.public_access_block
        return S3Bucket(
            account_id=bucket.account_id,
            name=bucket.name,
            arn=bucket.arn,
            created_at=bucket.creation_date,
            owner_id=OWNER,
            tags=self._backends[bucket.account_id].tagger.get_tag_dict_for_resource(bucket.arn),
            encryption=Encryption(rule.get("SSEAlgorithm", "AES256"), rule.get("KMSMasterKeyID")),
            is_private=bucket.policy is None and not (bucket.acl and bucket.acl.public_read),
            public_access_block=block.to_config_dict() if block else dict.fromkeys(_PUBLIC_ACCESS_BLOCK, False),
        )

    def _facts(self, bucket: S3Bucket, stored: FakeKey) -> S3Object:
        return S3Object(
            bucket=bucket,
            key=stored.name,
            e_tag=stored.etag.strip('"'),
            version_id="" if stored.version_id == "null" else stored.version_id,
            size_bytes=stored.size,
            last_modified_at=stored.last_modified.replace(tzinfo=UTC),
            storage_class=stored.storage_class or "STANDARD",
            encryption=Encryption(stored.encryption or "AES256", stored.kms_key_id),
            tags=self._backends[bucket.account_id].tagger.get_tag_dict_for_resource(stored.arn),
        )


_PUBLIC_ACCESS_BLOCK = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")
