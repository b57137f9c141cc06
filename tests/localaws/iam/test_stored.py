"""Keys, tags and encryption as moto keeps them."""

from __future__ import annotations

from typing import Any

from tests.localaws.conftest import error_of
from tests.localaws.iam.conftest import SILVER, AsRole, Client, Stored, allow


def test_a_key_is_used_by_any_of_its_names(as_role: AsRole, client: Client) -> None:
    kms = client("kms")
    arn, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    kms.create_alias(AliasName="alias/lake", TargetKeyId=arn)
    gate = as_role(allow(["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"], arn))("kms")
    for name in (arn, arn.rpartition("/")[2], "alias/lake", f"{arn.rpartition(':')[0]}:alias/lake"):
        blob = gate.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        assert gate.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert other in error_of(gate.encrypt, KeyId=other, Plaintext=b"x")[2]
    blob = kms.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    assert f"kms:Decrypt on resource: {other} " in error_of(gate.decrypt, CiphertextBlob=blob)[2]


def test_the_tags_that_count_are_those_of_the_version(stored: Stored, as_role: AsRole, client: Client) -> None:
    tagged = {"Bucket": "bronze", "Key": "run/tagged.csv"}
    client("s3").put_object(**tagged, Body=b"no tags")
    held = {"StringEquals": {"s3:ExistingObjectTag/state": "held"}}
    s3 = as_role(allow(["s3:GetObject", "s3:GetObjectVersion"], Condition=held), allow("kms:Decrypt"))("s3")
    assert error_of(s3.get_object, **tagged)[0] == "AccessDenied"
    assert s3.get_object(**tagged, VersionId=stored.tagged_version_id)["Body"].read() == b"2"


def test_a_key_in_the_request_goes_before_that_of_the_bucket(stored: Stored, as_role: AsRole, client: Client) -> None:
    kms = client("kms")
    other = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/other", TargetKeyId=other)
    s3 = as_role(allow("s3:*"), allow("kms:*", other))("s3")
    by_default = error_of(s3.put_object, **SILVER, Body=b"x")[2]
    assert f"kms:GenerateDataKey on resource: {stored.key_arn} " in by_default
    for key_id in (other, other.rpartition("/")[2], "alias/other", f"{other.rpartition(':')[0]}:alias/other"):
        s3.put_object(**SILVER, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key_id)
        s3.get_object(**SILVER)["Body"].read()


def test_the_key_that_aws_manages_needs_no_permission(enforced: Any, as_role: AsRole, client: Client) -> None:
    client("s3").create_bucket(Bucket="silver")
    s3 = as_role(allow(["s3:GetObject", "s3:PutObject"]))("s3")
    for body, key in ((b"x", {}), (b"y", {"SSEKMSKeyId": "alias/aws/s3"})):
        s3.put_object(**SILVER, Body=body, ServerSideEncryption="aws:kms", **key)
        found = s3.get_object(**SILVER)
        assert (found["Body"].read(), found["ServerSideEncryption"]) == (body, "aws:kms")
