"""Callers: the role or the user behind an access key, with their policies.

The only module that knows how moto keeps identities. Signatures are not verified, and sessions do not expire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from moto.iam.exceptions import NotFoundException
from moto.iam.models import AccessKey, IAMBackend, iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import PARTITION_NAMES

from localaws.iam.policy import Policy, read_policy

_CREDENTIAL = re.compile(r"Credential=([^/,]+)/\d*/([^/]*)/([^/]*)/")


@dataclass(frozen=True, slots=True)
class Caller:
    """A session of a role, or a user.

    :param arn: the session's or the user's, for messages and policies.
    :param principal_arn: ``aws:PrincipalArn``: the role's, or the user's.
    :param boundary: the permissions boundary; None: there is none.
    :param session_policy: ``Policy`` of ``AssumeRole``; None: without.
    """

    arn: str
    principal_arn: str
    account_id: str
    partition: str
    user_id: str
    user_name: str | None
    tags: tuple[tuple[str, str], ...]
    identity_policies: tuple[Policy, ...]
    boundary: Policy | None = None
    session_policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of a request: access key, Region and service."""

    access_key_id: str
    region_name: str
    signing_name: str


def read_signature(environ: dict[str, Any]) -> Signature | None:
    """Read the credential scope from the header or, of a presigned URL, the query; None for unsigned requests."""
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found is None and (query := environ.get("QUERY_STRING")):
        presigned = parse_qs(query)
        if key := presigned.get("AWSAccessKeyId"):  # botocore presigns so for S3 in the oldest Region
            return Signature(key[0], "us-east-1", "s3")
        found = _CREDENTIAL.search(f"Credential={presigned.get('X-Amz-Credential', [''])[0]}/")
    return Signature(*found.groups()) if found else None


def find_caller(access_key_id: str) -> Caller | None:
    """Return the owner of an access key; None for keys that moto has not created: the account's root."""
    for account in list(iam_backends.values()):
        for partition in PARTITION_NAMES:
            if partition in account and access_key_id in account[partition].access_keys:
                backend = account[partition]
                key = backend.access_keys[access_key_id]
                return _session(backend, key) if key.role_arn else _user(backend, key)
    return None


def _session(backend: IAMBackend, key: AccessKey) -> Caller:
    """Describe a session; that of a role that does not exist, which moto lets assume, has no policies."""
    session = next(
        assumed
        for assumed in sts_backends[backend.account_id][backend.partition].assumed_roles
        if assumed.access_key_id == key.access_key_id
    )
    caller = Caller(
        arn=session.arn,
        principal_arn=session.role_arn,
        account_id=backend.account_id,
        partition=backend.partition,
        user_id=session.user_id,
        user_name=None,
        tags=(),
        identity_policies=(),
        session_policy=read_policy(session.policy) if session.policy else None,
    )
    try:
        role = backend.get_role_by_arn(session.role_arn)
    except NotFoundException:
        return caller
    boundary = None
    if role.permissions_boundary_arn:
        boundary = _document(backend.managed_policies.get(role.permissions_boundary_arn))
    return replace(caller, tags=_tags(role.tags), identity_policies=_policies([role]), boundary=boundary)


def _user(backend: IAMBackend, key: AccessKey) -> Caller | None:
    """Describe a user; moto keeps no permissions boundaries of users."""
    if not key.user_name or key.user_name not in backend.users:
        return None
    user = backend.users[key.user_name]
    return Caller(
        arn=user.arn,
        principal_arn=user.arn,
        account_id=backend.account_id,
        partition=backend.partition,
        user_id=user.id,
        user_name=user.name,
        tags=_tags(user.tags),
        identity_policies=_policies([user, *backend.get_groups_for_user(user.name)]),
    )


def _policies(identities: Iterable[Any]) -> tuple[Policy, ...]:
    """Return the inline and the attached policies of a role, or of a user and its groups."""
    found: list[Policy] = []
    for identity in identities:
        found += [read_policy(document) for document in identity.policies.values()]
        found += [_document(policy) for policy in identity.managed_policies.values()]
    return tuple(found)


def _document(policy: Any) -> Policy:
    """Return the version of a managed policy that is in force; a policy that is gone allows nothing."""
    versions = policy.versions if policy else ()
    in_force = [version for version in versions if version.version_id == policy.default_version_id]
    return read_policy(in_force[0].document) if in_force else ()


def _tags(tags: list[dict[str, str]] | None) -> tuple[tuple[str, str], ...]:
    return tuple((tag["Key"], tag["Value"]) for tag in tags or ())
