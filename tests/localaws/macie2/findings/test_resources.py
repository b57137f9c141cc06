"""Buckets and objects in findings."""

from __future__ import annotations

import dataclasses

from localaws.macie2.findings.resources import resources_affected
from localaws.macie2.storage.s3 import Encryption
from tests.localaws.macie2.jobs.test_scope import OBJECT


def test_the_object_and_its_bucket_are_described() -> None:
    resources = resources_affected(OBJECT)
    assert resources["s3Object"]["path"] == "bronze/run/1/patients.csv"
    assert resources["s3Object"]["bucketArn"] == resources["s3Bucket"]["arn"] == "arn:aws:s3:::bronze"
    assert resources["s3Bucket"]["tags"] == [{"key": "stage", "value": "raw"}]


def test_a_bucket_has_every_member_that_buckets_of_real_findings_have() -> None:
    public = dataclasses.replace(
        OBJECT.bucket, public_by_list=frozenset({"READ"}), public_by_policy=frozenset({"WRITE"})
    )
    bucket = resources_affected(dataclasses.replace(OBJECT, bucket=public))["s3Bucket"]
    configuration = bucket["publicAccess"]["permissionConfiguration"]
    levels = configuration["bucketLevelPermissions"]
    assert bucket["allowsUnencryptedObjectUploads"] == "TRUE"
    assert levels["blockPublicAccess"] == OBJECT.bucket.public_access_block
    assert configuration["accountLevelPermissions"]["blockPublicAccess"].keys() == {
        *("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    }
    assert levels["accessControlList"] == {"allowsPublicReadAccess": True, "allowsPublicWriteAccess": False}
    assert levels["bucketPolicy"] == {"allowsPublicReadAccess": False, "allowsPublicWriteAccess": True}


def test_the_key_is_named_when_the_object_is_encrypted_with_one() -> None:
    encrypted = dataclasses.replace(OBJECT, encryption=Encryption("aws:kms", "key"))
    described = resources_affected(encrypted)["s3Object"]["serverSideEncryption"]
    assert described == {"encryptionType": "aws:kms", "kmsMasterKeyId": "key"}


def test_access_is_unknown_when_the_policy_of_the_bucket_cannot_be_read() -> None:
    exposed = dataclasses.replace(OBJECT, bucket=dataclasses.replace(OBJECT.bucket, effective_permission="UNKNOWN"))
    resources = resources_affected(exposed)
    assert resources["s3Bucket"]["publicAccess"]["effectivePermission"] == "UNKNOWN"
    assert resources["s3Object"]["publicAccess"] is None
