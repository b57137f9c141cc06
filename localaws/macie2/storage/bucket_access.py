"""Access to a bucket: by its policy, its access control list and its public access block.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html (what is public)
and, of the macie2 API, shapes BucketPublicAccess (effectivePermission) and BucketMetadata (sharedAccess).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_PUBLIC_GROUPS = ("global/AllUsers", "global/AuthenticatedUsers")
_READ_AND_WRITE = frozenset({"READ", "WRITE"})
#: Actions of a policy by which the public can read or write. AWS does not say which ones Macie looks at.
_ACCESS = {"READ": ("s3:GetObject", "s3:ListBucket"), "WRITE": ("s3:PutObject", "s3:DeleteObject")}
_ACCOUNT = re.compile(r"(?:arn:[\w-]+:(?:iam|sts)::)?(\d{12})(?::.*)?")


@dataclass(frozen=True, slots=True)
class Grants:
    """The settings that decide about access to a bucket.

    :param policy: the bucket policy as it was put, None when there is none.
    :param groups: the groups that the access control list names: permission and URI of each.
    :param blocks: the four settings of the public access block, those of the account and the bucket together.
    """

    account_id: str
    policy: str | bytes | None
    groups: tuple[tuple[str, str], ...]
    blocks: Mapping[str, bool]


def effective_permission(grants: Grants) -> str:
    """Return ``PUBLIC``, ``NOT_PUBLIC``, or ``UNKNOWN`` for a policy that cannot be read."""
    by_group = any(group.endswith(_PUBLIC_GROUPS) for _, group in grants.groups)
    if by_group and not grants.blocks.get("ignorePublicAcls"):
        return "PUBLIC"
    try:
        by_policy = any(_names_all_principals(statement) for statement in _statements(grants.policy, "Allow"))
    except (ValueError, AttributeError):
        return "UNKNOWN"
    return "PUBLIC" if by_policy and not grants.blocks.get("restrictPublicBuckets") else "NOT_PUBLIC"


def public_by_list(grants: Grants) -> frozenset[str]:
    """Return which of ``READ`` and ``WRITE`` the access control list grants to the public, whatever is blocked."""
    permissions = {permission for permission, group in grants.groups if group.endswith(_PUBLIC_GROUPS)}
    return _READ_AND_WRITE if "FULL_CONTROL" in permissions else _READ_AND_WRITE & permissions


def public_by_policy(grants: Grants) -> frozenset[str]:
    """Return which of ``READ`` and ``WRITE`` the policy grants to the public, whatever is blocked."""
    try:
        actions = [
            action
            for statement in _statements(grants.policy, "Allow")
            if _names_all_principals(statement)
            for action in _texts(statement.get("Action"))
        ]
    except (ValueError, AttributeError):
        return frozenset()
    return frozenset(access for access, one_of in _ACCESS.items() if any(_covers(action, one_of) for action in actions))


def shared_access(grants: Grants) -> str:
    """Return ``EXTERNAL``, ``NOT_SHARED`` or ``UNKNOWN``, never ``INTERNAL``: organizations are not consulted."""
    permission = effective_permission(grants)
    if permission == "UNKNOWN":
        return permission
    others = {
        account
        for statement in _statements(grants.policy, "Allow")
        for principal in _principals(statement)
        for account in _ACCOUNT.findall(principal)
    } - {grants.account_id}
    return "EXTERNAL" if others or permission == "PUBLIC" else "NOT_SHARED"


def is_denied_to_all(policy: str | bytes | None) -> bool:
    """Return whether a statement without conditions denies listing the bucket to all principals."""
    try:
        return any(
            _names_all_principals(statement)
            and any(_covers(action, ("s3:ListBucket",)) for action in _texts(statement.get("Action")))
            for statement in _statements(policy, "Deny")
        )
    except (ValueError, AttributeError):
        return False


def _statements(policy: str | bytes | None, effect: str) -> Iterator[Mapping[str, Any]]:
    statements = json.loads(policy).get("Statement", []) if policy else []
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") == effect:
            yield statement


def _names_all_principals(statement: Mapping[str, Any]) -> bool:
    """Return whether the statement names all principals; a statement with a condition is not public."""
    return "*" in _principals(statement) and not statement.get("Condition")


def _principals(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal", [])
    return _texts(principal.get("AWS") if isinstance(principal, Mapping) else principal)


def _covers(action: str, wanted: tuple[str, ...]) -> bool:
    """Return whether the action of a statement, which can have wildcards, covers one of the wanted ones."""
    return any(fnmatchcase(name.lower(), action.lower()) for name in wanted)


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
