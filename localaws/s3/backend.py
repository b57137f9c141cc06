"""The buckets of an account, with serialized writes per key."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import FakeDeleteMarker, FakeKey, FakeMultipart
from moto.s3.models import S3Backend as MotoS3Backend
from moto.s3.utils import compute_checksum
from moto.utilities.utils import md5_hash

from localaws.s3.versions import page_of_versions

#: A fixed number of locks, shared by all keys. Re-entrant, as a request holds its keys while the
#: backend writes them.
_LOCKS = tuple(threading.RLock() for _ in range(64))


@contextmanager
def keys_held(keys: Collection[tuple[str, str]]) -> Iterator[None]:
    """Lock these (bucket, key) pairs, in a fixed order to avoid deadlocks."""
    with ExitStack() as held:
        for index in sorted({hash(key) % len(_LOCKS) for key in keys}):
            held.enter_context(_LOCKS[index])
        yield


class S3Backend(MotoS3Backend):
    """The buckets of one account, with serialized writes per key."""

    def put_object(  # type: ignore[override]
        self, bucket_name: str, key_name: str, value: bytes, storage: str | None = None, **more: Any
    ) -> FakeKey:
        """Write a version that is whole when others see it; moto reads it for the ETag later, without its lock."""
        if not more.get("etag") and isinstance(value, bytes):
            more["etag"] = md5_hash(value).hexdigest()
        with keys_held([(bucket_name, key_name)]):
            key: FakeKey = super().put_object(bucket_name, key_name, value, storage, **more)
            key.checksum_type = "FULL_OBJECT"
            return key

    def copy_object(  # type: ignore[override]
        self, src_key: FakeKey, dest_bucket_name: str, dest_key_name: str, **more: Any
    ) -> None:
        """Copy as one object, encrypted as the destination's bucket says when the request does not say how.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html - the copy of an
        object of many parts has the checksum of the whole.
        """
        rule = (self.get_bucket(dest_bucket_name).encryption or {}).get("Rule", {})
        more["encryption"] = more.get("encryption") or rule.get("ApplyServerSideEncryptionByDefault", {}).get(
            "SSEAlgorithm"
        )
        with keys_held([(dest_bucket_name, dest_key_name)]):
            super().copy_object(src_key, dest_bucket_name, dest_key_name, **more)
            copied = self.get_object(dest_bucket_name, dest_key_name)
            assert copied is not None  # noqa: S101 - narrows for mypy
            copied.multipart = None
            if src_key.checksum_type == "COMPOSITE" and copied.checksum_algorithm:
                copied.checksum_value = compute_checksum(copied.value, copied.checksum_algorithm).decode()

    def delete_object(self, bucket_name: str, key_name: str, *more: Any, **named: Any) -> tuple[bool, dict[str, Any]]:
        """Delete while the key is locked: moto reads the versions, and writes back those that stay."""
        with keys_held([(bucket_name, key_name)]):
            return super().delete_object(bucket_name, key_name, *more, **named)

    def list_object_versions(  # type: ignore[override]
        self, bucket_name: str, delimiter: str | None = None, max_keys: int | None = 1000, **more: Any
    ) -> tuple[list[FakeKey], list[str], list[FakeDeleteMarker], str | None, str | None]:
        """List a page of versions; with a delimiter, as moto does."""
        if delimiter:
            return super().list_object_versions(bucket_name, delimiter, max_keys=max_keys, **more)
        page = (more.get("prefix", ""), more.get("key_marker"), more.get("version_id_marker"), max_keys or 1000)
        return page_of_versions(self.get_bucket(bucket_name), *page)

    def get_upload(self, bucket_name: str, key_name: str, upload_id: str) -> FakeMultipart:
        """Return an upload that is under way.

        :raises NoSuchUpload: when there is none; moto fails with a KeyError, which is answered with 500.
        """
        upload = self.get_bucket(bucket_name).multiparts.get(upload_id)
        if upload is None or upload.key_name != key_name:
            raise NoSuchUpload(upload_id)
        return upload
