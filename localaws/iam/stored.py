"""Stored facts that permissions depend on: policies of resources, encryption and tags of objects.

The only module that knows how moto keeps resources. A missing resource has neither policy nor encryption: the
service itself answers such a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import FakeBucket, FakeKey, s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.utilities.utils import get_partition

from localaws.iam.decision import ResourcePolicy
from localaws.iam.policy import Permission, Policy, read_policy

_KMS = ("aws:kms", "aws:kms:dsse")
_LEAST_ARN_PARTS = 6


def policy_of(permission: Permission) -> ResourcePolicy:
    """Return the policy of what is asked for: of a bucket or its objects, a key, a queue, a topic, a role."""
    parts = permission.resource.split(":", 5)
    if len(parts) < _LEAST_ARN_PARTS:
        return ResourcePolicy()
    _, _, service, region_name, account_id, name = parts
    match service:
        case "s3":
            bucket = find_bucket(name.partition("/")[0])
            return ResourcePolicy(read_policy(bucket.policy if bucket else None))
        case "kms" if name.startswith("key/"):
            key = kms_backends[account_id][region_name].keys.get(name.removeprefix("key/"))
            return ResourcePolicy(read_policy(key.policy), must_allow=True) if key else ResourcePolicy()
        case "sqs":
            queue = sqs_backends[account_id][region_name].queues.get(name)
            return ResourcePolicy(read_policy(queue.policy if queue else None))
        case "sns":
            topic = sns_backends[account_id][region_name].topics.get(permission.resource)
            return ResourcePolicy(read_policy(topic.policy if topic else None))
        case "lambda" if name.startswith("function:"):
            return ResourcePolicy(_policy_of_function(permission.resource, account_id, region_name))
        case "iam" if permission.action.startswith("sts:AssumeRole"):
            return _trust_policy(permission.resource, account_id)
    return ResourcePolicy()


def _policy_of_function(arn: str, account_id: str, region_name: str) -> Policy:
    function = lambda_backends[account_id][region_name].get_function_by_arn(arn)
    return read_policy({"Statement": function.policy.statements}) if function else ()


def _trust_policy(role_arn: str, account_id: str) -> ResourcePolicy:
    try:
        role = iam_backends[account_id][role_arn.split(":")[1]].get_role_by_arn(role_arn)
    except NotFoundException:
        return ResourcePolicy(must_allow=True)
    return ResourcePolicy(read_policy(role.assume_role_policy_document), must_allow=True)


# ---- S3


def find_bucket(name: str) -> FakeBucket | None:
    """Return a bucket of any account."""
    partition_and_account = s3_backends.bucket_accounts.get(name)
    if partition_and_account is None:
        return None
    partition, account_id = partition_and_account
    bucket: FakeBucket | None = s3_backends[account_id][partition].buckets.get(name)
    return bucket


def find_object(bucket_name: str, key: str, version_id: str | None) -> FakeKey | None:
    """Return a version of an object, by default the latest; None for a delete marker."""
    bucket = find_bucket(bucket_name)
    if bucket is None:
        return None
    versions = bucket.keys.getlist(key, [])
    if version_id:
        versions = [version for version in versions if str(version.version_id) == version_id]
    return versions[-1] if versions and isinstance(versions[-1], FakeKey) else None


def tags_of(stored: FakeKey | None) -> Mapping[str, str]:
    """Return the tags of an object."""
    if stored is None:
        return {}
    backend = s3_backends[stored.account_id][get_partition(stored.region_name)]
    tags: Mapping[str, str] = backend.tagger.get_tag_dict_for_resource(stored.arn)
    return tags


def key_of_object(stored: FakeKey | None) -> str | None:
    """Return the ARN of the KMS key that an object is encrypted with; None: with none of the account's own."""
    bucket = find_bucket(stored.bucket_name or "") if stored else None
    if stored is None or bucket is None or stored.encryption not in _KMS:
        return None
    return key_arn(stored.kms_key_id, bucket.account_id, bucket.region_name)


def key_for_writing(bucket_name: str, encryption: str | None, key_id: str | None) -> str | None:
    """Return the KMS key that a new object will be encrypted with: that of the request, else the bucket's default."""
    bucket = find_bucket(bucket_name)
    if bucket is None:
        return None
    if encryption is None:
        default = _default_encryption(bucket)
        encryption, key_id = default.get("SSEAlgorithm"), key_id or default.get("KMSMasterKeyID")
    return key_arn(key_id, bucket.account_id, bucket.region_name) if encryption in _KMS else None


def key_of_upload(bucket_name: str, upload_id: str) -> str | None:
    """Return the KMS key of a multipart upload."""
    bucket = find_bucket(bucket_name)
    upload = bucket.multiparts.get(upload_id) if bucket else None
    return key_for_writing(bucket_name, upload.sse_encryption, upload.kms_key_id) if upload else None


def has_bucket_key(bucket_name: str) -> bool:
    """Return whether S3 asks KMS for the bucket as a whole, and not for each object."""
    bucket = find_bucket(bucket_name)
    rule = (bucket.encryption or {}).get("Rule", {}) if bucket else {}
    return str(rule.get("BucketKeyEnabled", "false")).lower() == "true"


def _default_encryption(bucket: FakeBucket) -> Mapping[str, Any]:
    rule = (bucket.encryption or {}).get("Rule", {})
    found: Mapping[str, Any] = rule.get("ApplyServerSideEncryptionByDefault", {})
    return found


# ---- KMS


def key_arn(key_id: str | None, account_id: str, region_name: str) -> str | None:
    """Return the ARN of a key, named by id, ARN or alias; None for the keys that AWS manages, which need no permission.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
    """
    if not key_id or "alias/aws/" in key_id:
        return None
    parts = key_id.split(":", 5)
    if len(parts) == _LEAST_ARN_PARTS:
        region_name, account_id, key_id = parts[3:]
    name = key_id.removeprefix("key/")
    if name.startswith("alias/"):
        name = kms_backends[account_id][region_name].get_key_id_from_alias(name) or name
    return f"arn:{get_partition(region_name)}:kms:{region_name}:{account_id}:key/{name}"


def key_of_topic(arn: str) -> str | None:
    """Return the KMS key of an encrypted topic."""
    _, _, _, region_name, account_id, _ = arn.split(":", 5)
    topic = sns_backends[account_id][region_name].topics.get(arn)
    return key_arn(topic.kms_master_key_id, account_id, region_name) if topic else None


def key_of_queue(arn: str) -> str | None:
    """Return the KMS key of an encrypted queue."""
    _, _, _, region_name, account_id, name = arn.split(":", 5)
    queue = sqs_backends[account_id][region_name].queues.get(name)
    return key_arn(getattr(queue, "kms_master_key_id", None), account_id, region_name)
