"""The bucket and the object in findings and discovery results.

Source: shapes S3Bucket and S3Object of the macie2 API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.macie2.storage.inventory import allows_unencrypted_uploads, public_access
from localaws.macie2.storage.s3 import Encryption, S3Bucket, S3Object, extension


def resources_affected(analysed: S3Object) -> dict[str, Any]:
    """Return the bucket and the object, with numbers as numbers and times as datetimes."""
    return {"s3Bucket": _bucket(analysed.bucket), "s3Object": _object(analysed)}


def _bucket(bucket: S3Bucket) -> dict[str, Any]:
    return {
        "allowsUnencryptedObjectUploads": allows_unencrypted_uploads(bucket.policy),
        "arn": bucket.arn,
        "createdAt": bucket.created_at.replace(microsecond=0),
        "defaultServerSideEncryption": _encryption(bucket.encryption),
        "name": bucket.name,
        "owner": {"displayName": "webfile", "id": bucket.owner_id},
        "publicAccess": public_access(bucket),
        "tags": _tags(bucket.tags),
    }


def _object(analysed: S3Object) -> dict[str, Any]:
    return {
        "bucketArn": analysed.bucket.arn,
        "eTag": analysed.e_tag,
        "extension": extension(analysed.key),
        "key": analysed.key,
        "lastModified": analysed.last_modified_at.replace(microsecond=0),
        "path": f"{analysed.bucket.name}/{analysed.key}",
        "publicAccess": False if analysed.bucket.effective_permission == "NOT_PUBLIC" else None,
        "serverSideEncryption": _encryption(analysed.encryption),
        "size": analysed.size_bytes,
        "storageClass": analysed.storage_class,
        "tags": _tags(analysed.tags),
        "versionId": analysed.version_id,
    }


def _encryption(encryption: Encryption) -> dict[str, Any]:
    return {"encryptionType": encryption.type, "kmsMasterKeyId": encryption.kms_key_id}


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
