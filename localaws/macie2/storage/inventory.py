"""The inventory of a bucket: settings, and sums over the latest version of each object.

Source: shape BucketMetadata of the macie2 API.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from localaws.macie2.clock import now
from localaws.macie2.storage.s3 import (
    SUPPORTED_STORAGE_CLASSES,
    BucketUnavailableError,
    S3Bucket,
    S3Object,
    Storage,
    extension,
)

#: Source: https://docs.aws.amazon.com/macie/latest/user/discovery-supported-storage.html
SUPPORTED_EXTENSIONS = frozenset(
    {"avro", "csv", "doc", "docx", "eml", "gz", "gzip", "htm", "html", "json", "jsonl"}
    | {"parquet", "pdf", "tar", "tsv", "txt", "xls", "xlsx", "xml", "yaml", "yml", "zip"}
)
_COMPRESSED = frozenset({"gz", "gzip", "zip"})
_ENCRYPTION_HEADER = "s3:x-amz-server-side-encryption"


def describe(bucket: S3Bucket, storage: Storage) -> dict[str, Any]:
    """Return the ``BucketMetadata`` of a bucket, without jobs and automated discovery.

    A bucket that cannot be listed has its settings alone.
    """
    try:
        contents = _contents(storage.iter_objects(bucket))
    except BucketUnavailableError:
        message = "Macie isn't allowed to retrieve information about the bucket's objects"
        contents = {"errorCode": "ACCESS_DENIED", "errorMessage": message}
    return {**_settings(bucket, storage), **contents}


def _settings(bucket: S3Bucket, storage: Storage) -> dict[str, Any]:
    owners = {storage.owner(name) for name in bucket.replicates_to} - {None}
    others = sorted(str(owner) for owner in owners - {bucket.account_id})
    return {
        "accountId": bucket.account_id,
        "allowsUnencryptedObjectUploads": allows_unencrypted_uploads(bucket.policy),
        "bucketArn": bucket.arn,
        "bucketCreatedAt": bucket.created_at.replace(microsecond=0),
        "bucketName": bucket.name,
        "lastUpdated": now(),
        "publicAccess": public_access(bucket),
        "region": storage.region_name,
        "replicationDetails": {
            "replicated": bool(bucket.replicates_to),
            "replicatedExternally": bool(others),
            "replicationAccounts": others,
        },
        "serverSideEncryption": {"kmsMasterKeyId": bucket.encryption.kms_key_id, "type": bucket.encryption.type},
        "sharedAccess": bucket.shared_access,
        "tags": [{"key": key, "value": value} for key, value in bucket.tags.items()],
        "versioning": bucket.is_versioned,
    }


def public_access(bucket: S3Bucket) -> dict[str, Any]:
    """Return the ``BucketPublicAccess`` of a bucket."""
    return {
        "effectivePermission": bucket.effective_permission,
        "permissionConfiguration": {
            "accountLevelPermissions": {"blockPublicAccess": dict(bucket.account_access_block)},
            "bucketLevelPermissions": {
                "accessControlList": _public_grant(bucket.public_by_list),
                "blockPublicAccess": dict(bucket.public_access_block),
                "bucketPolicy": _public_grant(bucket.public_by_policy),
            },
        },
    }


def _public_grant(access: frozenset[str]) -> dict[str, bool]:
    return {"allowsPublicReadAccess": "READ" in access, "allowsPublicWriteAccess": "WRITE" in access}


def allows_unencrypted_uploads(policy: str | None) -> str:
    """Return ``FALSE`` for a policy that denies uploads without encryption headers, ``UNKNOWN`` for an invalid one."""
    try:
        statements = json.loads(policy)["Statement"] if policy else []
        denying = [
            statement
            for statement in (statements if isinstance(statements, list) else [statements])
            if statement.get("Effect") == "Deny"
            and {"s3:PutObject", "s3:*", "*"} & set(_listed(statement.get("Action")))
        ]
        keys = {key for statement in denying for test in statement.get("Condition", {}).values() for key in test}
    except (ValueError, KeyError, TypeError, AttributeError):
        return "UNKNOWN"
    return "FALSE" if _ENCRYPTION_HEADER in keys else "TRUE"


def _contents(objects: Iterable[S3Object]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    encryption: Counter[str] = Counter()
    for stored in objects:
        for group in _groups(stored):
            counts[group] += 1
            sizes[group] += stored.size_bytes
        encryption["s3Managed" if stored.encryption.type == "AES256" else "kmsManaged"] += 1
    kinds = ("customerManaged", "kmsManaged", "s3Managed", "unencrypted", "unknown")
    return {
        "classifiableObjectCount": counts["classifiable"],
        "classifiableSizeInBytes": sizes["classifiable"],
        "objectCount": counts["all"],
        "objectCountByEncryptionType": {kind: encryption[kind] for kind in kinds},
        "sizeInBytes": sizes["all"],
        "sizeInBytesCompressed": sizes["compressed"],
        "unclassifiableObjectCount": _unclassifiable(counts),
        "unclassifiableObjectSizeInBytes": _unclassifiable(sizes),
    }


def is_classifiable(stored: S3Object) -> bool:
    """Return whether the object has an extension and a storage class that Macie analyses."""
    return not _problems(stored)


def _problems(stored: S3Object) -> set[str]:
    problems = set()
    if extension(stored.key).lower() not in SUPPORTED_EXTENSIONS:
        problems.add("fileType")
    if stored.storage_class not in SUPPORTED_STORAGE_CLASSES:
        problems.add("storageClass")
    return problems


def _groups(stored: S3Object) -> set[str]:
    """Return the groups that the object counts in."""
    problems = _problems(stored)
    compressed = {"compressed"} if extension(stored.key).lower() in _COMPRESSED else set()
    return {"all", "total", *problems, *compressed} if problems else {"all", "classifiable", *compressed}


def _unclassifiable(by_group: Mapping[str, int]) -> dict[str, int]:
    return {group: by_group[group] for group in ("fileType", "storageClass", "total")}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
