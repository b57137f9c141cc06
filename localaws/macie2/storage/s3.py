"""S3 as Macie sees it: the only module that knows how moto stores buckets and objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO

from moto.s3.exceptions import MissingBucket
from moto.s3.models import OWNER, FakeBucket, FakeKey, PublicAccessBlock, S3Backend, s3_backends
from moto.s3control.models import s3control_backends

from localaws.macie2.storage.bucket_access import (
    Grants,
    effective_permission,
    is_denied_to_all,
    public_by_list,
    public_by_policy,
    shared_access,
)

#: Source: https://docs.aws.amazon.com/macie/latest/user/discovery-supported-storage.html
SUPPORTED_STORAGE_CLASSES = frozenset(
    {"STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "REDUCED_REDUNDANCY", "GLACIER_IR"}
)

_PUBLIC_ACCESS_BLOCK = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")


class BucketUnavailableError(Exception):
    """The bucket does not exist, is in another account or Region than expected, or its policy denies listing it.

    :param why: kind of the log event, ``BUCKET_DOES_NOT_EXIST`` and so on.
    """

    def __init__(self, account_id: str, name: str, why: str = "BUCKET_DOES_NOT_EXIST") -> None:
        super().__init__(account_id, name, why)
        self.why = why


class ObjectUnavailableError(Exception):
    """The object does not exist any more."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """Encryption in S3: ``AES256`` or ``aws:kms`` with the id or ARN of the key."""

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
    public_access_block: Mapping[str, bool]
    effective_permission: str = "NOT_PUBLIC"
    shared_access: str = "NOT_SHARED"
    is_versioned: bool = False
    policy: str | None = None
    replicates_to: tuple[str, ...] = ()
    account_access_block: Mapping[str, bool] = field(default_factory=lambda: dict.fromkeys(_PUBLIC_ACCESS_BLOCK, False))
    public_by_list: frozenset[str] = frozenset()
    public_by_policy: frozenset[str] = frozenset()


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

    The backends are read at construction: a job that outlives moto's reset sees the old, empty ones.
    """

    def __init__(self, account_ids: set[str], region_name: str, partition: str) -> None:
        self._backends: dict[str, S3Backend] = {account: s3_backends[account][partition] for account in account_ids}
        self.region_name = region_name
        self._partition = partition

    def owner(self, bucket_name: str) -> str | None:
        """Return the account that owns the bucket, None if the bucket does not exist."""
        partition_and_account: tuple[str, str] | None = s3_backends.bucket_accounts.get(bucket_name)
        return partition_and_account[1] if partition_and_account else None

    def list_buckets(self, account_id: str) -> list[S3Bucket]:
        buckets = list(self._backends[account_id].buckets.values())
        return [self._describe(bucket) for bucket in buckets if bucket.region_name == self.region_name]

    def get_bucket(self, account_id: str, name: str) -> S3Bucket:
        """Return one bucket.

        :raises BucketUnavailableError: when that account has no such bucket in this Region.
        """
        return self._describe(self._bucket(account_id, name))

    def iter_objects(self, bucket: S3Bucket) -> Iterator[S3Object]:
        """Yield the latest version of every key, in the order of keys; skip keys whose latest is a delete marker.

        :raises BucketUnavailableError: when the bucket is gone, or its policy denies listing it.
        """
        stored = self._bucket(bucket.account_id, bucket.name)
        if is_denied_to_all(stored.policy):
            raise BucketUnavailableError(bucket.account_id, bucket.name, "BUCKET_ACCESS_DENIED")
        for key in sorted(list(stored.keys)):  # noqa: C414 - list() is one step, sorted() alone would race with writers
            latest = stored.keys.get(key)
            if isinstance(latest, FakeKey):
                yield self._facts(bucket, latest)

    def open_latest(self, candidate: S3Object) -> tuple[S3Object, BinaryIO]:
        """Return the version that is the latest now, with its bytes.

        :raises ObjectUnavailableError: when the object does not exist any more.
        """
        try:
            latest = self._bucket(candidate.bucket.account_id, candidate.bucket.name).keys.get(candidate.key)
            if isinstance(latest, FakeKey):
                return self._facts(candidate.bucket, latest), BytesIO(latest.value)
        except (BucketUnavailableError, ValueError):  # ValueError: moto closed the object's buffer when it was deleted
            pass
        raise ObjectUnavailableError(candidate.bucket.name, candidate.key)

    def find_latest(self, bucket: S3Bucket, key: str) -> S3Object:
        """Return the latest version of one key.

        :raises ObjectUnavailableError: when there is none.
        """
        latest = self._bucket(bucket.account_id, bucket.name).keys.get(key)
        if not isinstance(latest, FakeKey):
            raise ObjectUnavailableError(bucket.name, key)
        return self._facts(bucket, latest)

    def open_version(self, account_id: str, bucket_name: str, key: str, version_id: str) -> tuple[S3Object, BinaryIO]:
        """Return a version of an object, of an unversioned bucket (empty id) the object, with its bytes.

        :raises BucketUnavailableError: when that account has no such bucket in this Region.
        :raises ObjectUnavailableError: when the version does not exist any more.
        """
        bucket = self._bucket(account_id, bucket_name)
        for stored in bucket.keys.getlist(key, []):
            if isinstance(stored, FakeKey) and stored.version_id == (version_id or "null"):
                try:
                    return self._facts(self._describe(bucket), stored), BytesIO(stored.value)
                except ValueError:  # moto closed the object's buffer when it was deleted
                    break
        raise ObjectUnavailableError(bucket_name, key)

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
        if bucket is None:
            exists = any(name in backend.buckets for backend in self._backends.values())
            raise BucketUnavailableError(
                account_id, name, "BUCKET_OWNER_CHANGED" if exists else "BUCKET_DOES_NOT_EXIST"
            )
        if bucket.region_name != self.region_name:
            raise BucketUnavailableError(account_id, name, "BUCKET_IN_DIFFERENT_REGION")
        return bucket

    def _describe(self, bucket: FakeBucket) -> S3Bucket:
        rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
        grants = self._grants(bucket)
        account = s3control_backends[bucket.account_id][self._partition].public_access_block
        return S3Bucket(
            account_id=bucket.account_id,
            name=bucket.name,
            arn=bucket.arn,
            created_at=bucket.creation_date.replace(tzinfo=UTC),
            owner_id=OWNER,
            tags=self._backends[bucket.account_id].tagger.get_tag_dict_for_resource(bucket.arn),
            encryption=Encryption(rule.get("SSEAlgorithm", "AES256"), rule.get("KMSMasterKeyID")),
            public_access_block=_blocks(bucket.public_access_block),
            effective_permission=effective_permission(grants),
            shared_access=shared_access(grants),
            is_versioned=bool(bucket.versioning_status == "Enabled"),
            policy=bucket.policy.decode(errors="replace") if isinstance(bucket.policy, bytes) else bucket.policy,
            replicates_to=_destinations(bucket),
            account_access_block=_blocks(account),
            public_by_list=public_by_list(grants),
            public_by_policy=public_by_policy(grants),
        )

    def _grants(self, bucket: FakeBucket) -> Grants:
        account = s3control_backends[bucket.account_id][self._partition].public_access_block
        blocks = [_blocks(account), _blocks(bucket.public_access_block)]
        grants = bucket.acl.grants if bucket.acl else []
        return Grants(
            account_id=bucket.account_id,
            policy=bucket.policy,
            groups=tuple(
                (permission, grantee.uri)
                for grant in grants
                for grantee in grant.grantees
                if grantee.uri
                for permission in grant.permissions
            ),
            blocks={name: any(block[name] for block in blocks) for name in _PUBLIC_ACCESS_BLOCK},
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


def _blocks(block: PublicAccessBlock | None) -> dict[str, bool]:
    return block.to_config_dict() if block else dict.fromkeys(_PUBLIC_ACCESS_BLOCK, False)


def _destinations(bucket: FakeBucket) -> tuple[str, ...]:
    """Return the names of the buckets that objects are replicated to."""
    rules = (getattr(bucket, "replication", None) or {}).get("Rule", [])
    arns = [rule["Destination"]["Bucket"] for rule in rules if rule.get("Status") == "Enabled"]
    return tuple(arn.rpartition(":")[2] for arn in arns)


def extension(key: str) -> str:
    """Return the file name extension of a key: case kept, no dot, empty when it has none."""
    stem, _, suffix = key.rpartition("/")[2].rpartition(".")
    return suffix if stem else ""
