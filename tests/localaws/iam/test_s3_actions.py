"""Actions of S3 that are not named like the operation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from tests.localaws.conftest import error_of
from tests.localaws.iam.conftest import BRONZE, SILVER, AsRole, Call, Stored, allow, deny


@pytest.mark.parametrize(
    ("action", "call"),
    [
        (
            "s3:BypassGovernanceRetention",
            lambda s3, it: s3.delete_object(**BRONZE, VersionId=it.version_id, BypassGovernanceRetention=True),
        ),
        (
            "s3:PutObjectRetention",
            lambda s3, it: s3.put_object(
                **SILVER, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=datetime(2100, 1, 1, tzinfo=UTC)
            ),
        ),
        ("s3:PutObjectLegalHold", lambda s3, it: s3.put_object(**SILVER, ObjectLockLegalHoldStatus="ON")),
        ("s3:PutObjectAcl", lambda s3, it: s3.put_object(**SILVER, GrantRead="id=someone")),
    ],
)
def test_a_lock_or_a_grant_in_a_request_needs_a_permission_too(
    stored: Stored, as_role: AsRole, action: str, call: Call
) -> None:
    s3 = as_role(allow(["s3:*", "kms:*"]), deny(action))("s3")
    message = error_of(lambda: call(s3, stored))[2]
    assert f"perform: {action} on resource: " in message
    assert message.endswith(" with an explicit deny in an identity-based policy")


def test_a_version_is_a_condition(stored: Stored, as_role: AsRole) -> None:
    only = {"StringEquals": {"s3:VersionId": stored.version_id}}
    s3 = as_role(allow(["s3:GetObjectVersion"], Condition=only), allow("kms:Decrypt"))("s3")
    s3.get_object(**BRONZE, VersionId=stored.version_id)
    with pytest.raises(ClientError, match="s3:GetObjectVersion"):
        s3.get_object(Bucket="bronze", Key="run/tagged.csv", VersionId=stored.tagged_version_id)
