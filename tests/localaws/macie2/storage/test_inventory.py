"""The inventory of a bucket: settings, contents and access."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.localaws.conftest import ACCOUNT
from tests.localaws.macie2.conftest import MEMBER, described_bucket


def test_a_bucket_counts_the_objects_that_can_be_analysed(macie: Any, stored: Any) -> None:
    found = described_bucket(macie)
    assert (found["objectCount"], found["sizeInBytes"], found["sizeInBytesCompressed"]) == (5, 15, 2)
    assert (found["classifiableObjectCount"], found["classifiableSizeInBytes"]) == (2, 10)
    assert found["unclassifiableObjectCount"] == {"fileType": 2, "storageClass": 2, "total": 3}
    assert found["unclassifiableObjectSizeInBytes"] == {"fileType": 4, "storageClass": 2, "total": 5}
    encrypted = {kind: count for kind, count in found["objectCountByEncryptionType"].items() if count}
    assert encrypted == {"kmsManaged": 1, "s3Managed": 4}
    assert (found["sensitivityScore"], described_bucket(macie, "results")["sensitivityScore"]) == (50, 1)


def test_a_bucket_has_its_settings(macie: Any, s3: Any) -> None:
    s3.put_bucket_tagging(Bucket="bronze", Tagging={"TagSet": [{"Key": "zone", "Value": "bronze"}]})
    found, plain = described_bucket(macie), described_bucket(macie, "results")
    assert (found["accountId"], found["bucketArn"], found["region"]) == (ACCOUNT, "arn:aws:s3:::bronze", "us-east-1")
    assert found["tags"] == [{"key": "zone", "value": "bronze"}]
    assert (found["versioning"], plain["versioning"]) == (True, False)
    assert found["serverSideEncryption"]["type"] == "AES256"
    assert (found["publicAccess"]["effectivePermission"], found["sharedAccess"]) == ("NOT_PUBLIC", "NOT_SHARED")
    assert found["replicationDetails"]["replicated"] is False


def test_a_bucket_names_the_accounts_it_is_replicated_to(
    macie: Any, s3: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    theirs = client("s3", **other_account(MEMBER))
    theirs.create_bucket(Bucket="theirs")
    for versioned, name in ((theirs, "theirs"), (s3, "results")):
        versioned.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rules = [
        {"Destination": {"Bucket": f"arn:aws:s3:::{name}"}, "ID": name, "Prefix": "", "Status": "Enabled"}
        for name in ("theirs", "results")
    ]
    role = f"arn:aws:iam::{ACCOUNT}:role/replication"
    s3.put_bucket_replication(Bucket="bronze", ReplicationConfiguration={"Role": role, "Rules": rules})
    assert described_bucket(macie)["replicationDetails"] == {
        "replicated": True,
        "replicatedExternally": True,
        "replicationAccounts": [MEMBER],
    }


DENIES_PLAIN_UPLOADS = {
    "Action": "s3:PutObject",
    "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
    "Effect": "Deny",
    "Principal": "*",
    "Resource": "arn:aws:s3:::bronze/*",
}


def test_a_policy_can_demand_encryption(macie: Any, s3: Any) -> None:
    assert described_bucket(macie)["allowsUnencryptedObjectUploads"] == "TRUE"
    s3.put_bucket_policy(Bucket="bronze", Policy=json.dumps({"Statement": [DENIES_PLAIN_UPLOADS]}))
    assert described_bucket(macie)["allowsUnencryptedObjectUploads"] == "FALSE"


def test_a_bucket_has_an_error_when_its_objects_are_hidden(macie: Any, stored: Any) -> None:
    denied = {"Action": "s3:ListBucket", "Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::bronze"}
    stored.put_bucket_policy(Bucket="bronze", Policy=json.dumps({"Statement": [denied]}))
    found = described_bucket(macie)
    assert found["errorCode"] == "ACCESS_DENIED"
    assert "objectCount" not in found
    assert macie.get_bucket_statistics()["objectCount"] == 0
