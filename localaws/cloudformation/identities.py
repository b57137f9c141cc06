"""Roles and managed policies."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, Role, iam_backends
from moto.utilities.utils import get_partition

from localaws.cloudformation.resource import undone_on_failure


class AttachedPolicy(ManagedPolicy):
    """An ``AWS::IAM::ManagedPolicy`` that leaves its roles when its stack goes; moto's stays, and its roles with it."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> ManagedPolicy:
        """Create the policy, with tags as a list in both."""
        properties = cloudformation_json["Properties"]
        tags = {tag["Key"]: tag for tag in properties.get("Tags", [])}
        whole = {**cloudformation_json, "Properties": {**properties, "Tags": tags}}
        return ManagedPolicy.create_from_cloudformation_json(resource_name, whole, account_id, region_name, **kwargs)

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Detach and delete the policy."""
        backend = iam_backends[account_id][get_partition(region_name)]
        for role in list(backend.roles.values()):
            if resource_name in role.managed_policies:
                backend.detach_role_policy(resource_name, role.name)
        backend.managed_policies.pop(resource_name, None)


class CompleteRole(Role):
    """An ``AWS::IAM::Role`` with its managed policies; moto leaves them out, and most changes."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Role:
        """Create the role."""
        properties = cloudformation_json["Properties"]
        bare = {name: value for name, value in properties.items() if name != "Policies"}
        bare["Tags"] = properties.get("Tags", [])
        resource = {**cloudformation_json, "Properties": bare}
        role = Role.create_from_cloudformation_json(resource_name, resource, account_id, region_name, **kwargs)
        undo = partial(cls.delete_from_cloudformation_json, role.name, resource, account_id, region_name)
        with undone_on_failure(undo):
            _apply(role, properties)
        return role

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Role,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Role:
        """Change the role in place; a change of its name is a new role."""
        properties = cloudformation_json["Properties"]
        if properties.get("RoleName", original_resource.name) != original_resource.name:
            made = cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)
            cls.delete_from_cloudformation_json(original_resource.name, cloudformation_json, account_id, region_name)
            return made
        original_resource.assume_role_policy_document = json.dumps(properties["AssumeRolePolicyDocument"])
        original_resource.description = properties.get("Description", "")
        original_resource.max_session_duration = properties.get("MaxSessionDuration", 3600)
        _apply(original_resource, properties)
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> None:
        """Detach the role's managed policies, and delete it."""
        backend = iam_backends[account_id][get_partition(region_name)]
        for arn in list(backend.get_role(resource_name).managed_policies):
            backend.detach_role_policy(arn, resource_name)
        Role.delete_from_cloudformation_json(resource_name, cloudformation_json, account_id, region_name)


def _apply(role: Role, properties: dict[str, Any]) -> None:
    """Give a role the policies of its template, in the place of those that the template gave it before."""
    backend = iam_backends[role.account_id][role.partition]
    role.policies = {
        policy["PolicyName"]: json.dumps(policy["PolicyDocument"]) for policy in properties.get("Policies", [])
    }
    wanted = properties.get("ManagedPolicyArns", [])
    for arn in getattr(role, "attached_by_template", []):
        if arn not in wanted and arn in role.managed_policies:
            backend.detach_role_policy(arn, role.name)
    for arn in wanted:
        _know(backend, arn)
        backend.attach_role_policy(arn, role.name)
    role.attached_by_template = wanted  # type: ignore[attr-defined]


def _know(backend: IAMBackend, arn: str) -> None:
    """Let the account have a policy of AWS, which moto has and does not load."""
    if arn in backend.managed_policies or ":iam::aws:policy/" not in arn:
        return
    name = arn.rpartition("/")[2]
    if data := _policies_of_aws().get(name):
        policy = AWSManagedPolicy.from_data(name, backend.account_id, "us-east-1", data)
        if policy.arn == arn:
            backend.managed_policies[arn] = policy


@cache
def _policies_of_aws() -> dict[str, Any]:
    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies
