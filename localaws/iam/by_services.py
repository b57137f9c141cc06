"""Calls of a service principal: only policies of resources allow or refuse them.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from dataclasses import dataclass

from localaws.iam.matching import Keys
from localaws.iam.policy import Permission, Statement
from localaws.iam.stored import find_bucket, policy_of
from localaws.iam.switch import LoggedDecision, switch


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """The account and source on whose behalf a service calls.

    :param service: the service principal, such as ``macie.amazonaws.com``.
    :param source_account: account of the resource that the call is for.
    :param source_arn: that resource.
    """

    service: str
    source_account: str
    source_arn: str


def may_put(call: ServiceCall, bucket_name: str, key: str, kms_key_arn: str) -> bool:
    """Return whether a service may write an object that is encrypted with the key; always, until IAM is switched on.

    A bucket or a key that does not exist refuses nothing: that is the answer of S3 and KMS, and not of a policy.
    """
    if not switch.is_on:
        return True
    _, partition, _, _, key_account, _ = kms_key_arn.split(":", 5)
    permissions = []
    if bucket := find_bucket(bucket_name):
        arn = f"arn:{partition}:s3:::{bucket_name}/{key}"
        permissions.append(
            Permission("s3:PutObject", arn, {"s3:objectcreationoperation": ("true",)}, bucket.account_id)
        )
    use = Permission("kms:GenerateDataKey", kms_key_arn, {}, key_account)
    if policy_of(use).policy:
        permissions.append(use)
    return all(_is_allowed(call, permission) for permission in permissions)


def may_invoke(call: ServiceCall, function_arn: str) -> bool:
    """Return whether a service may invoke a function; always, until IAM is switched on."""
    account_id = function_arn.split(":")[4]
    return not switch.is_on or _is_allowed(call, Permission("lambda:InvokeFunction", function_arn, {}, account_id))


def _is_allowed(call: ServiceCall, permission: Permission) -> bool:
    of_resource = policy_of(permission)
    keys = _keys(call, permission)
    about = [
        statement
        for statement in of_resource.policy
        if statement.principals
        and statement.principals.is_about_service(call.service)
        and statement.applies_to(permission, keys)
    ]
    denying, allowing = _sids(about, is_allow=False), _sids(about, is_allow=True)
    is_allowed = bool(allowing) and not denying
    by = [*denying, *allowing]
    switch.note(LoggedDecision(call.service, permission.action, permission.resource, is_allowed, by[0] if by else ""))
    return is_allowed


def _sids(statements: list[Statement], *, is_allow: bool) -> list[str]:
    return [statement.sid for statement in statements if statement.is_allow is is_allow]


def _keys(call: ServiceCall, permission: Permission) -> Keys:
    """Return the keys of a service's call, which has neither ``aws:PrincipalArn`` nor ``aws:PrincipalAccount``."""
    return {
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (call.service,),
        "aws:principalservicenameslist": (call.service,),
        "aws:sourceaccount": (call.source_account,),
        "aws:sourcearn": (call.source_arn,),
        "aws:viaawsservice": ("false",),
        "aws:resourceaccount": (permission.account_id or "",),
        "aws:securetransport": ("true",),
        **permission.keys,
    }
