"""Access to a bucket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localaws.macie2.storage.bucket_access import (
    Grants,
    effective_permission,
    is_denied_to_all,
    public_by_list,
    public_by_policy,
    shared_access,
)

OWNER, OTHER = "123456789012", "111122223333"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", **statement}]})


@pytest.mark.parametrize(
    ("policy", "groups", "blocks", "expected"),
    [
        pytest.param(None, (), {}, ("NOT_PUBLIC", "NOT_SHARED"), id="nothing"),
        pytest.param(_policy(Principal="*"), (), {}, ("PUBLIC", "EXTERNAL"), id="for all principals"),
        pytest.param(
            _policy(Principal={"AWS": "*"}, Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
            (),
            {},
            ("NOT_PUBLIC", "NOT_SHARED"),
            id="for all principals under a condition",
        ),
        pytest.param(
            _policy(Principal="*"), (), {"restrictPublicBuckets": True}, ("NOT_PUBLIC", "NOT_SHARED"), id="restricted"
        ),
        pytest.param(
            _policy(Principal={"AWS": f"arn:aws:iam::{OTHER}:role/reader"}),
            (),
            {},
            ("NOT_PUBLIC", "EXTERNAL"),
            id="for a role of another account",
        ),
        pytest.param(_policy(Principal={"AWS": [OWNER]}), (), {}, ("NOT_PUBLIC", "NOT_SHARED"), id="for the owner"),
        pytest.param(
            _policy(Principal={"Service": "logging.s3.amazonaws.com"}),
            (),
            {},
            ("NOT_PUBLIC", "NOT_SHARED"),
            id="for a service",
        ),
        pytest.param(_policy(Effect="Deny", Principal="*"), (), {}, ("NOT_PUBLIC", "NOT_SHARED"), id="denied"),
        pytest.param(None, (("READ", ALL_USERS),), {}, ("PUBLIC", "EXTERNAL"), id="by a list"),
        pytest.param(
            None,
            (("READ", ALL_USERS),),
            {"ignorePublicAcls": True},
            ("NOT_PUBLIC", "NOT_SHARED"),
            id="by an ignored list",
        ),
        pytest.param("no JSON", (), {}, ("UNKNOWN", "UNKNOWN"), id="unreadable"),
    ],
)
def test_access_follows_from_policy_list_and_blocks(
    policy: str | None, groups: tuple[tuple[str, str], ...], blocks: dict[str, bool], expected: tuple[str, str]
) -> None:
    grants = Grants(OWNER, policy, groups, blocks)
    assert (effective_permission(grants), shared_access(grants)) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, False),
        (_policy(Effect="Deny", Principal="*"), True),
        (_policy(Effect="Deny", Principal="*", Action="s3:PutObject"), False),
        (_policy(Effect="Deny", Principal={"AWS": OTHER}), False),
        (_policy(Effect="Deny", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}), False),
        ("no JSON", False),
    ],
)
def test_listing_is_denied_to_all_only_without_conditions(policy: str | None, expected: bool) -> None:
    assert is_denied_to_all(policy) is expected


@pytest.mark.parametrize(
    ("permission", "group", "expected"),
    [
        ("READ", ALL_USERS, {"READ"}),
        ("WRITE", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers", {"WRITE"}),
        ("FULL_CONTROL", ALL_USERS, {"READ", "WRITE"}),
        ("READ_ACP", ALL_USERS, set()),
        ("WRITE", "http://acs.amazonaws.com/groups/s3/LogDelivery", set()),
    ],
)
def test_a_list_grants_the_public_what_it_names(permission: str, group: str, expected: set[str]) -> None:
    assert public_by_list(Grants(OWNER, None, ((permission, group),), {"ignorePublicAcls": True})) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, set()),
        (_policy(Principal="*"), {"READ", "WRITE"}),
        (_policy(Principal="*", Action="s3:Get*"), {"READ"}),
        (_policy(Principal={"AWS": "*"}, Action=["S3:DELETEOBJECT"]), {"WRITE"}),
        (_policy(Principal="*", Action="s3:GetBucketTagging"), set()),
        (_policy(Principal={"AWS": OTHER}), set()),
        (_policy(Principal="*", Effect="Deny"), set()),
        ("no JSON", set()),
    ],
    ids=["none", "all", "reads", "deletes", "neither", "another account", "denied", "unreadable"],
)
def test_a_policy_grants_the_public_what_its_actions_cover(policy: str | None, expected: set[str]) -> None:
    assert public_by_policy(Grants(OWNER, policy, (), {"restrictPublicBuckets": True})) == expected
