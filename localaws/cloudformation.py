"""What moto 5.2.5 reads over in a CloudFormation template: policies, properties of buckets, and rules.

moto creates an ``AWS::S3::Bucket`` without its ``VersioningConfiguration`` and ``PublicAccessBlockConfiguration``; a
lake that is set up from a template would then silently be unversioned. It creates an ``AWS::Events::Rule`` that does
not deliver to topics (see :mod:`localaws.events`), and none whose pattern is a text.
"""

from __future__ import annotations

import json
from typing import Any

from moto.cloudformation.parsing import get_model_map
from moto.core.common_models import CloudFormationModel
from moto.s3.models import FakeBucket, s3_backends
from moto.sqs.models import sqs_backends
from moto.utilities.utils import get_partition

from localaws import change_sets, resource_types
from localaws.events.models import Rule


class CompleteBucket(FakeBucket):
    """An ``AWS::S3::Bucket`` with all the properties that the local S3 can keep."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> FakeBucket:
        """Create the bucket as moto does, then apply what moto left out."""
        bucket = FakeBucket.create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        backend = s3_backends[account_id][get_partition(region_name)]
        properties = cloudformation_json.get("Properties", {})
        if versioning := properties.get("VersioningConfiguration"):
            backend.put_bucket_versioning(resource_name, versioning["Status"])
        if ownership := properties.get("OwnershipControls"):
            backend.put_bucket_ownership_controls(resource_name, ownership["Rules"][0]["ObjectOwnership"])
        if lifecycle := properties.get("LifecycleConfiguration"):
            rules = [_as_in_the_api(rule) for rule in lifecycle["Rules"]]
            backend.put_bucket_lifecycle_configuration(resource_name, rules)
        if block := properties.get("PublicAccessBlockConfiguration"):
            # moto takes the body of PutPublicAccessBlock, where booleans are words.
            backend.put_public_access_block(resource_name, {k: str(v).lower() for k, v in block.items()})
        return bucket


def _as_in_the_api(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a lifecycle rule in the words of PutBucketLifecycleConfiguration."""
    known = {"Id": "ID", "ExpirationInDays": "Expiration"}
    said = {known.get(name, name): value for name, value in rule.items() if name != "Prefix"}
    if "Expiration" in said:
        said["Expiration"] = {"Days": said["Expiration"]}
    return {**said, "Filter": {"Prefix": rule.get("Prefix", "")}}


class _Policy(CloudFormationModel):
    """A resource that is nothing but the policy of another one."""

    cloudformation_name = ""

    def __init__(self, of: str) -> None:
        self.physical_resource_id = of

    @staticmethod
    def cloudformation_name_type() -> str:
        """Say that the resource has no name of its own."""
        return ""

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type's name in a template."""
        return cls.cloudformation_name

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Any:
        """Put the new policy in the place of the old one."""
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Say that there is nothing to get from it."""
        return False


class BucketPolicy(_Policy):
    """An ``AWS::S3::BucketPolicy``."""

    cloudformation_name = "AWS::S3::BucketPolicy"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> BucketPolicy:
        """Put the policy on its bucket."""
        properties = cloudformation_json["Properties"]
        backend = s3_backends[account_id][get_partition(region_name)]
        backend.put_bucket_policy(properties["Bucket"], json.dumps(properties["PolicyDocument"]).encode())
        return cls(properties["Bucket"])

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Take the policy off its bucket."""
        s3_backends[account_id][get_partition(region_name)].delete_bucket_policy(resource_name)


class QueuePolicy(_Policy):
    """An ``AWS::SQS::QueuePolicy``; kept as the queue's attribute, and enforced by nobody here."""

    cloudformation_name = "AWS::SQS::QueuePolicy"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> QueuePolicy:
        """Put the policy on its queues."""
        properties = cloudformation_json["Properties"]
        names = [url.rpartition("/")[2] for url in properties["Queues"]]
        for name in names:
            attributes = {"Policy": json.dumps(properties["PolicyDocument"])}
            sqs_backends[account_id][region_name].set_queue_attributes(name, attributes)
        return cls(",".join(names))

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Take the policy off the queues that are still there."""
        backend = sqs_backends[account_id][region_name]
        for name in resource_name.split(","):
            if name in backend.queues:
                backend.set_queue_attributes(name, {"Policy": ""})


def install() -> None:
    """Register the complete resources with moto's CloudFormation, and its change sets; may be called again."""
    change_sets.install()
    resource_types.install()
    get_model_map()["AWS::S3::Bucket"] = CompleteBucket  # type: ignore[type-abstract]
    get_model_map()["AWS::S3::BucketPolicy"] = BucketPolicy  # type: ignore[type-abstract]
    get_model_map()["AWS::SQS::QueuePolicy"] = QueuePolicy  # type: ignore[type-abstract]
    get_model_map()["AWS::Events::Rule"] = Rule  # type: ignore[type-abstract]
