"""Sample findings: made-up data in the shapes of real findings.

Source: shapes Finding and PolicyDetails of the macie2 API,
https://docs.aws.amazon.com/macie/latest/user/findings-types.html and …/findings-severity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.moto_api._internal import mock_random

_BUCKET = "macie-sample-finding-bucket"
_KEY = "macie-sample-finding/sample.csv"
_SCORES = {"Low": 1, "Medium": 2, "High": 3}
_POLICY = "Policy:IAMUser/"
_SENSITIVE = "SensitiveData:S3Object/"
_PUBLIC_ACCESS_BLOCK = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

_NOT_PUBLIC = {"allowsPublicReadAccess": False, "allowsPublicWriteAccess": False}


@dataclass(frozen=True, slots=True)
class _Policy:
    """The content of a policy finding: the call that broke the policy."""

    severity: str
    title: str
    api: str
    service: str = "s3.amazonaws.com"


@dataclass(frozen=True, slots=True)
class _Sensitive:
    """The content of a sensitive data finding: one occurrence of each type, by category; None: a custom identifier."""

    severity: str
    title: str
    detected: Mapping[str | None, str]


_POLICIES = {
    f"{_POLICY}S3BlockPublicAccessDisabled": _Policy(
        "High", "Block public access settings are disabled for the S3 bucket", "DeleteBucketPublicAccessBlock"
    ),
    f"{_POLICY}S3BucketEncryptionDisabled": _Policy(
        "Low", "Default encryption is disabled for the S3 bucket", "DeleteBucketEncryption"
    ),
    f"{_POLICY}S3BucketPublic": _Policy("High", "The S3 bucket is publicly accessible", "PutBucketAcl"),
    f"{_POLICY}S3BucketReplicatedExternally": _Policy(
        "High", "The S3 bucket is replicated to an account outside the organization", "PutBucketReplication"
    ),
    f"{_POLICY}S3BucketSharedExternally": _Policy(
        "High", "The S3 bucket is shared with an account outside the organization", "PutBucketPolicy"
    ),
    f"{_POLICY}S3BucketSharedWithCloudFront": _Policy(
        "Medium", "The S3 bucket is shared with Amazon CloudFront", "PutBucketPolicy"
    ),
}
_CREDENTIALS: dict[str | None, str] = {"CREDENTIALS": "AWS_CREDENTIALS"}
_FINANCIAL: dict[str | None, str] = {"FINANCIAL_INFORMATION": "CREDIT_CARD_NUMBER"}
_PERSONAL: dict[str | None, str] = {"PERSONAL_INFORMATION": "USA_SOCIAL_SECURITY_NUMBER"}
_SENSITIVE_DATA = {
    f"{_SENSITIVE}Credentials": _Sensitive("High", "The S3 object contains credentials data", _CREDENTIALS),
    f"{_SENSITIVE}CustomIdentifier": _Sensitive(
        "Medium", "The S3 object contains text that matches custom data identifier criteria", {None: "Sample"}
    ),
    f"{_SENSITIVE}Financial": _Sensitive("High", "The S3 object contains financial information", _FINANCIAL),
    f"{_SENSITIVE}Multiple": _Sensitive(
        "High", "The S3 object contains multiple categories of sensitive data", {**_FINANCIAL, **_PERSONAL}
    ),
    f"{_SENSITIVE}Personal": _Sensitive("High", "The S3 object contains personal information", _PERSONAL),
}
#: Every type of finding that Macie has.
TYPES = (*_POLICIES, *_SENSITIVE_DATA)


def sample(kind: str, account_id: str, region: str, partition: str, created_at: datetime) -> dict[str, Any]:
    """Return a sample finding of one of the ``TYPES``."""
    about = _POLICIES.get(kind) or _SENSITIVE_DATA[kind]
    resources: dict[str, Any] = {"s3Bucket": _bucket(partition, created_at)}
    if isinstance(about, _Policy):
        details: dict[str, Any] = {
            "category": "POLICY",
            "policyDetails": _policy_details(about, account_id, created_at),
        }
    else:
        details = {
            "category": "CLASSIFICATION",
            "classificationDetails": _classification_details(about, account_id, region, partition),
        }
        resources["s3Object"] = _object(partition, created_at)
    return {
        **details,
        "accountId": account_id,
        "archived": False,
        "count": 1,
        "createdAt": created_at,
        "description": f"[SAMPLE] {about.title}.",
        "id": mock_random.get_random_hex(32),
        "partition": partition,
        "region": region,
        "resourcesAffected": resources,
        "sample": True,
        "schemaVersion": "1.0",
        "severity": {"description": about.severity, "score": _SCORES[about.severity]},
        "title": f"[SAMPLE] {about.title}",
        "type": kind,
        "updatedAt": created_at,
    }


def _policy_details(about: _Policy, account_id: str, moment: datetime) -> dict[str, Any]:
    call = {"api": about.api, "apiServiceName": about.service, "firstSeen": moment, "lastSeen": moment}
    user = {"accountId": account_id, "principalId": "AIDASAMPLE", "userName": "sample"}
    arn = f"arn:aws:iam::{account_id}:user/sample"
    return {
        "action": {"actionType": "AWS_API_CALL", "apiCallDetails": call},
        "actor": {
            "ipAddressDetails": {"ipAddressV4": "198.51.100.1"},
            "userIdentity": {"iamUser": {**user, "arn": arn}, "type": "IAMUser"},
        },
    }


def _classification_details(about: _Sensitive, account_id: str, region: str, partition: str) -> dict[str, Any]:
    job_id = mock_random.get_random_hex(32)
    prefix = f"AWSLogs/{account_id}/Macie/{region}/{job_id}/{account_id}"
    occurrences = {"cells": [{"cellReference": None, "column": 1, "columnName": "sample", "row": 2}]}
    custom = [
        {"arn": str(mock_random.uuid4()), "count": 1, "name": name, "occurrences": occurrences}
        for category, name in about.detected.items()
        if category is None
    ]
    managed = [
        {
            "category": category,
            "detections": [{"count": 1, "occurrences": occurrences, "type": identifier}],
            "totalCount": 1,
        }
        for category, identifier in about.detected.items()
        if category is not None
    ]
    return {
        "detailedResultsLocation": f"s3://[export-config-not-set]/{prefix}/{mock_random.uuid4()}.jsonl.gz",
        "jobArn": f"arn:{partition}:macie2:{region}:{account_id}:classification-job/{job_id}",
        "jobId": job_id,
        "originType": "SENSITIVE_DATA_DISCOVERY_JOB",
        "result": {
            "additionalOccurrences": False,
            "customDataIdentifiers": {"detections": custom, "totalCount": len(custom)},
            "mimeType": "text/csv",
            "sensitiveData": managed,
            "sizeClassified": 1024,
            "status": {"code": "COMPLETE", "reason": None},
        },
    }


def _bucket(partition: str, created_at: datetime) -> dict[str, Any]:
    block = dict.fromkeys(_PUBLIC_ACCESS_BLOCK, True)
    return {
        "allowsUnencryptedObjectUploads": "TRUE",
        "arn": f"arn:{partition}:s3:::{_BUCKET}",
        "createdAt": created_at,
        "defaultServerSideEncryption": {"encryptionType": "AES256", "kmsMasterKeyId": None},
        "name": _BUCKET,
        "owner": {"displayName": "sample", "id": "0" * 64},
        "publicAccess": {
            "effectivePermission": "NOT_PUBLIC",
            "permissionConfiguration": {
                "accountLevelPermissions": {"blockPublicAccess": block},
                "bucketLevelPermissions": {
                    "accessControlList": _NOT_PUBLIC,
                    "blockPublicAccess": block,
                    "bucketPolicy": _NOT_PUBLIC,
                },
            },
        },
        "tags": [{"key": "sample", "value": "true"}],
    }


def _object(partition: str, created_at: datetime) -> dict[str, Any]:
    return {
        "bucketArn": f"arn:{partition}:s3:::{_BUCKET}",
        "eTag": "0" * 32,
        "extension": "csv",
        "key": _KEY,
        "lastModified": created_at,
        "path": f"{_BUCKET}/{_KEY}",
        "publicAccess": False,
        "serverSideEncryption": {"encryptionType": "AES256", "kmsMasterKeyId": None},
        "size": 1024,
        "storageClass": "STANDARD",
        "tags": [{"key": "sample", "value": "true"}],
        "versionId": "",
    }
