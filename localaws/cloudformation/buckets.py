"""Buckets with all their properties, and their policies.

moto creates an ``AWS::S3::Bucket`` without versioning and public access block; a lake that is set up from a template
would then silently be unversioned.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from moto.s3.exceptions import BucketAlreadyExists, BucketNotEmpty, MissingBucket
from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

from localaws.cloudformation.resource import Resource, undone_on_failure


class CompleteBucket(FakeBucket):
    """An ``AWS::S3::Bucket`` with all the properties that the local S3 can keep."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> FakeBucket:
        """Create the bucket as moto does, then apply what moto left out."""
        backend = s3_backends[account_id][get_partition(region_name)]
        if resource_name in s3_backends.bucket_accounts:
            raise BucketAlreadyExists(bucket=resource_name)
        with undone_on_failure(lambda: backend.delete_bucket(resource_name)):
            bucket = FakeBucket.create_from_cloudformation_json(
                resource_name, cloudformation_json, account_id, region_name, **kwargs
            )
            _apply(bucket, cloudformation_json.get("Properties", {}))
        return bucket

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> FakeBucket:
        """Change the bucket as moto does, then apply what moto left out; what left the template stays as it was."""
        properties = {"BucketName": original_resource.name, **cloudformation_json.get("Properties", {})}
        bucket = FakeBucket.update_from_cloudformation_json(
            original_resource,
            new_resource_name,
            {**cloudformation_json, "Properties": properties},
            account_id,
            region_name,
        )
        _apply(bucket, properties)
        return bucket

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Delete the bucket; moto silently leaves one that is not empty."""
        if s3_backends[account_id][get_partition(region_name)].delete_bucket(resource_name) is None:
            raise BucketNotEmpty(bucket_name=resource_name)


def _apply(bucket: FakeBucket, properties: dict[str, Any]) -> None:
    backend = s3_backends[bucket.account_id][get_partition(bucket.region_name)]
    if encryption := properties.get("BucketEncryption"):
        is_on = encryption["ServerSideEncryptionConfiguration"][0].get("BucketKeyEnabled", False)
        # moto keeps the body of PutBucketEncryption, where booleans are words.
        (bucket.encryption or {})["Rule"]["BucketKeyEnabled"] = str(is_on).lower()
    if versioning := properties.get("VersioningConfiguration"):
        backend.put_bucket_versioning(bucket.name, versioning["Status"])
    if lock := properties.get("ObjectLockConfiguration"):
        retention = lock.get("Rule", {}).get("DefaultRetention", {})
        days, years = (int(retention.get(unit, 0)) for unit in ("Days", "Years"))
        backend.put_object_lock_configuration(bucket.name, True, retention.get("Mode"), days, years)
    if ownership := properties.get("OwnershipControls"):
        backend.put_bucket_ownership_controls(bucket.name, ownership["Rules"][0]["ObjectOwnership"])
    if lifecycle := properties.get("LifecycleConfiguration"):
        rules = [_as_in_the_api(rule) for rule in lifecycle["Rules"]]
        backend.put_bucket_lifecycle_configuration(bucket.name, rules)
    if block := properties.get("PublicAccessBlockConfiguration"):
        backend.put_public_access_block(bucket.name, {name: str(value).lower() for name, value in block.items()})


def _as_in_the_api(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a lifecycle rule in the words of PutBucketLifecycleConfiguration."""
    known = {"Id": "ID", "ExpirationInDays": "Expiration"}
    converted = {known.get(name, name): value for name, value in rule.items() if name != "Prefix"}
    if "Expiration" in converted:
        converted["Expiration"] = {"Days": converted["Expiration"]}
    return {**converted, "Filter": {"Prefix": rule.get("Prefix", "")}}


class BucketPolicy(Resource):
    """An ``AWS::S3::BucketPolicy``; enforced where IAM is (:mod:`localaws.iam`)."""

    type_name = "AWS::S3::BucketPolicy"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Put the policy on its bucket."""
        bucket: str = properties["Bucket"]
        policy = json.dumps(properties["PolicyDocument"]).encode()
        s3_backends[account_id][get_partition(region_name)].put_bucket_policy(bucket, policy)
        return bucket

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Remove the policy from the bucket, if the bucket still exists."""
        with contextlib.suppress(MissingBucket):
            s3_backends[account_id][get_partition(region_name)].delete_bucket_policy(physical_id)
