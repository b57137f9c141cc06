"""The permissions of each request to S3: all are needed, and no others."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.localaws.conftest import error_of
from tests.localaws.iam.conftest import (
    ARN,
    BRONZE,
    ONE,
    SILVER,
    TAGGED,
    UPLOAD,
    AsRole,
    Call,
    Client,
    Stored,
    allow,
    deny,
    policy,
)

OTHER = "silver/run/one.csv"


LARGE = {"Bucket": "bronze", "Key": "run/large.csv"}


DECRYPT, GENERATE = "kms:Decrypt KEY", "kms:GenerateDataKey KEY"


TAGS = {"TagSet": [{"Key": "state", "Value": "held"}]}


CASES: dict[str, tuple[Call, list[str]]] = {
    "get": (lambda s3, it: s3.get_object(**BRONZE), [f"s3:GetObject {ONE}", DECRYPT]),
    "get a version": (
        lambda s3, it: s3.get_object(**BRONZE, VersionId=it.version_id),
        [f"s3:GetObjectVersion {ONE}", DECRYPT],
    ),
    "head": (lambda s3, it: s3.head_object(**BRONZE), [f"s3:GetObject {ONE}"]),
    "head of a version": (
        lambda s3, it: s3.head_object(**BRONZE, VersionId=it.version_id),
        [f"s3:GetObjectVersion {ONE}"],
    ),
    "head with checksum": (
        lambda s3, it: s3.head_object(**BRONZE, ChecksumMode="ENABLED"),
        [f"s3:GetObject {ONE}", DECRYPT],
    ),
    "attributes": (
        lambda s3, it: s3.get_object_attributes(**BRONZE, ObjectAttributes=["ETag"]),
        [f"s3:GetObject {ONE}", f"s3:GetObjectAttributes {ONE}", DECRYPT],
    ),
    "put": (lambda s3, it: s3.put_object(**SILVER, Body=b"x"), [f"s3:PutObject {OTHER}", GENERATE]),
    "put without a key": (
        lambda s3, it: s3.put_object(**SILVER, Body=b"x", ServerSideEncryption="AES256"),
        [f"s3:PutObject {OTHER}"],
    ),
    "put with tags": (
        lambda s3, it: s3.put_object(**SILVER, Body=b"x", Tagging="a=b"),
        [f"s3:PutObject {OTHER}", f"s3:PutObjectTagging {OTHER}", GENERATE],
    ),
    "put with an ACL": (
        lambda s3, it: s3.put_object(**SILVER, Body=b"x", ACL="private"),
        [f"s3:PutObject {OTHER}", f"s3:PutObjectAcl {OTHER}", GENERATE],
    ),
    "put if none": (
        lambda s3, it: s3.put_object(**SILVER, Body=b"x", IfNoneMatch="*"),
        [f"s3:PutObject {OTHER}", GENERATE],
    ),
    "put if the same": (
        lambda s3, it: s3.put_object(**BRONZE, Body=b"x", IfMatch=it.etag),
        [f"s3:PutObject {ONE}", f"s3:GetObject {ONE}", GENERATE],
    ),
    "copy": (
        lambda s3, it: s3.copy_object(**SILVER, CopySource=BRONZE),
        [f"s3:GetObject {ONE}", DECRYPT, f"s3:PutObject {OTHER}", GENERATE],
    ),
    "copy a version": (
        lambda s3, it: s3.copy_object(**SILVER, CopySource={**BRONZE, "VersionId": it.version_id}),
        [f"s3:GetObjectVersion {ONE}", DECRYPT, f"s3:PutObject {OTHER}", GENERATE],
    ),
    "copy what has tags": (
        lambda s3, it: s3.copy_object(**SILVER, CopySource={"Bucket": "bronze", "Key": "run/tagged.csv"}),
        [
            f"s3:GetObject {TAGGED}",
            f"s3:GetObjectTagging {TAGGED}",
            DECRYPT,
            f"s3:PutObject {OTHER}",
            f"s3:PutObjectTagging {OTHER}",
            GENERATE,
        ],
    ),
    "copy with other tags": (
        lambda s3, it: s3.copy_object(**SILVER, CopySource=BRONZE, TaggingDirective="REPLACE", Tagging="a=b"),
        [f"s3:GetObject {ONE}", DECRYPT, f"s3:PutObject {OTHER}", f"s3:PutObjectTagging {OTHER}", GENERATE],
    ),
    "copy without tags": (
        lambda s3, it: s3.copy_object(
            **SILVER, CopySource={"Bucket": "bronze", "Key": "run/tagged.csv"}, TaggingDirective="REPLACE"
        ),
        [f"s3:GetObject {TAGGED}", DECRYPT, f"s3:PutObject {OTHER}", GENERATE],
    ),
    "begin an upload": (
        lambda s3, it: s3.create_multipart_upload(**SILVER),
        [f"s3:PutObject {OTHER}", GENERATE],
    ),
    "begin an upload with tags": (
        lambda s3, it: s3.create_multipart_upload(**SILVER, Tagging="a=b"),
        [f"s3:PutObject {OTHER}", f"s3:PutObjectTagging {OTHER}", GENERATE],
    ),
    "upload a part": (
        lambda s3, it: s3.upload_part(**LARGE, UploadId=it.upload_id, PartNumber=2, Body=b"x"),
        [f"s3:PutObject {UPLOAD}", DECRYPT],
    ),
    "copy a part": (
        lambda s3, it: s3.upload_part_copy(
            **LARGE, UploadId=it.upload_id, PartNumber=2, CopySource={**BRONZE, "VersionId": it.version_id}
        ),
        [f"s3:GetObjectVersion {ONE}", f"s3:PutObject {UPLOAD}", DECRYPT],
    ),
    "complete an upload": (
        lambda s3, it: s3.complete_multipart_upload(
            **LARGE, UploadId=it.upload_id, MultipartUpload={"Parts": [it.part]}
        ),
        [f"s3:PutObject {UPLOAD}", DECRYPT],
    ),
    "abort an upload": (
        lambda s3, it: s3.abort_multipart_upload(**LARGE, UploadId=it.upload_id),
        [f"s3:AbortMultipartUpload {UPLOAD}"],
    ),
    "list parts": (
        lambda s3, it: s3.list_parts(**LARGE, UploadId=it.upload_id),
        [f"s3:ListMultipartUploadParts {UPLOAD}"],
    ),
    "list uploads": (
        lambda s3, it: s3.list_multipart_uploads(Bucket="bronze"),
        ["s3:ListBucketMultipartUploads bronze"],
    ),
    "list": (lambda s3, it: s3.list_objects_v2(Bucket="bronze"), ["s3:ListBucket bronze"]),
    "list as of old": (lambda s3, it: s3.list_objects(Bucket="bronze"), ["s3:ListBucket bronze"]),
    "list versions": (lambda s3, it: s3.list_object_versions(Bucket="bronze"), ["s3:ListBucketVersions bronze"]),
    "head of the bucket": (lambda s3, it: s3.head_bucket(Bucket="bronze"), ["s3:ListBucket bronze"]),
    "list buckets": (lambda s3, it: s3.list_buckets(), ["s3:ListAllMyBuckets *"]),
    "versioning": (lambda s3, it: s3.get_bucket_versioning(Bucket="bronze"), ["s3:GetBucketVersioning bronze"]),
    "encryption": (lambda s3, it: s3.get_bucket_encryption(Bucket="bronze"), ["s3:GetEncryptionConfiguration bronze"]),
    "location": (lambda s3, it: s3.get_bucket_location(Bucket="bronze"), ["s3:GetBucketLocation bronze"]),
    "tags": (lambda s3, it: s3.get_object_tagging(**BRONZE), [f"s3:GetObjectTagging {ONE}"]),
    "tags of a version": (
        lambda s3, it: s3.get_object_tagging(**BRONZE, VersionId=it.version_id),
        [f"s3:GetObjectVersionTagging {ONE}"],
    ),
    "tag": (lambda s3, it: s3.put_object_tagging(**BRONZE, Tagging=TAGS), [f"s3:PutObjectTagging {ONE}"]),
    "tag a version": (
        lambda s3, it: s3.put_object_tagging(**BRONZE, Tagging=TAGS, VersionId=it.version_id),
        [f"s3:PutObjectVersionTagging {ONE}"],
    ),
    "untag": (lambda s3, it: s3.delete_object_tagging(**BRONZE), [f"s3:DeleteObjectTagging {ONE}"]),
    "untag a version": (
        lambda s3, it: s3.delete_object_tagging(**BRONZE, VersionId=it.version_id),
        [f"s3:DeleteObjectVersionTagging {ONE}"],
    ),
    "delete": (lambda s3, it: s3.delete_object(**BRONZE), [f"s3:DeleteObject {ONE}"]),
    "delete a version": (
        lambda s3, it: s3.delete_object(**BRONZE, VersionId=it.version_id),
        [f"s3:DeleteObjectVersion {ONE}"],
    ),
    "delete if the same": (
        lambda s3, it: s3.delete_object(**BRONZE, IfMatch=it.etag),
        [f"s3:DeleteObject {ONE}", f"s3:GetObject {ONE}"],
    ),
    "put a policy": (
        lambda s3, it: s3.put_bucket_policy(Bucket="bronze", Policy=policy(deny("s3:Nothing", Principal="*"))),
        ["s3:PutBucketPolicy bronze"],
    ),
}


def statement(needed: str, key_arn: str) -> dict[str, Any]:
    action, _, resource = needed.partition(" ")
    return allow(action, key_arn if resource == "KEY" else resource if resource == "*" else ARN + resource)


@pytest.mark.parametrize("name", CASES)
def test_a_request_is_answered_to_who_may_do_just_what_it_needs(
    stored: Stored, as_role: AsRole, asked: Callable[[], list[tuple[str, str, bool]]], name: str
) -> None:
    call, needed = CASES[name]
    call(as_role(*(statement(item, stored.key_arn) for item in needed))("s3"), stored)
    short = {f"{action} {'KEY' if arn == stored.key_arn else arn.removeprefix(ARN)}" for action, arn, _ in asked()}
    assert short == set(needed)


def test_a_request_is_refused_without_any_one_of_the_permissions(
    stored: Stored, as_role: AsRole, client: Client
) -> None:
    iam, s3 = client("iam"), as_role()("s3")
    for name, (call, needed) in CASES.items():
        for missing in needed:
            left = [statement(item, stored.key_arn) for item in needed if item != missing] or [deny("s3:Nothing")]
            iam.put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=policy(*left))
            code, status, message = error_of(partial(call, s3, stored))
            action = missing.partition(" ")[0]
            assert (name, missing, status) == (name, missing, 403)
            if name.startswith("head"):  # an answer without a body has no reason
                assert (code, message) == ("403", "Forbidden")
                continue
            assert code == "AccessDenied"
            assert f" is not authorized to perform: {action} on resource: " in message
            assert message.endswith(f" because no identity-based policy allows the {action} action")


@pytest.mark.parametrize(
    ("call", "code_without", "code_with"),
    [
        (lambda s3: s3.get_object(Bucket="bronze", Key="none"), "AccessDenied", "NoSuchKey"),
        (lambda s3: s3.head_object(Bucket="bronze", Key="none"), "403", "404"),
        (
            lambda s3: s3.copy_object(**SILVER, CopySource={"Bucket": "bronze", "Key": "none"}),
            "AccessDenied",
            "NoSuchKey",
        ),
        (lambda s3: s3.get_object(Bucket="none", Key="none"), "NoSuchBucket", "NoSuchBucket"),
    ],
)
def test_a_missing_object_is_reported_only_to_callers_who_may_list_its_bucket(
    lake: str, as_role: AsRole, client: Client, call: Any, code_without: str, code_with: str
) -> None:
    objects = allow(["s3:GetObject*", "s3:PutObject", "kms:*"])
    s3 = as_role(objects, allow("s3:ListBucket", f"{ARN}silver"))("s3")
    assert error_of(lambda: call(s3))[0] == code_without
    statements = policy(objects, allow("s3:ListBucket", f"{ARN}bronze"))
    client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=statements)
    assert error_of(lambda: call(s3))[0] == code_with


def test_what_is_deleted_is_not_there(stored: Stored, as_role: AsRole, client: Client) -> None:
    client("s3").delete_object(**BRONZE)
    s3 = as_role(allow(["s3:GetObject", "s3:ListBucket"]))("s3")
    assert error_of(s3.get_object, **BRONZE)[0] == "NoSuchKey"
    client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=policy(allow("s3:GetObject")))
    assert error_of(s3.get_object, **BRONZE)[0] == "AccessDenied"


def test_that_an_object_is_there_may_be_a_condition_without_the_permission_to_read_it(
    stored: Stored, as_role: AsRole
) -> None:
    s3 = as_role(allow("s3:DeleteObject"))("s3")
    assert error_of(s3.delete_object, **BRONZE, IfMatch=stored.etag)[0] == "AccessDenied"
    assert error_of(s3.delete_object, **BRONZE, IfMatch="*")[0] == "PreconditionFailed"  # moto does not know the star


@pytest.mark.parametrize(
    ("action", "condition", "call"),
    [
        (
            "s3:ListBucket",
            {"StringLike": {"s3:prefix": "run/*"}},
            lambda s3: s3.list_objects_v2(Bucket="bronze", Prefix="run/1"),
        ),
        (
            "s3:ListBucket",
            {"StringEquals": {"s3:prefix": ""}},
            lambda s3: s3.list_objects_v2(Bucket="bronze", Prefix=""),
        ),
        (
            "s3:ListBucket",
            {"StringEquals": {"s3:delimiter": "/"}},
            lambda s3: s3.list_objects_v2(Bucket="bronze", Delimiter="/"),
        ),
        (
            "s3:ListBucket",
            {"NumericEquals": {"s3:max-keys": "7"}},
            lambda s3: s3.list_objects_v2(Bucket="bronze", MaxKeys=7),
        ),
        (
            "s3:PutObject",
            {"StringEquals": {"s3:RequestObjectTag/state": "a"}},
            lambda s3: s3.put_object(**SILVER, Tagging="state=a"),
        ),
        (
            "s3:PutObject",
            {
                "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["state"]},
                "Null": {"s3:RequestObjectTagKeys": "false"},
            },
            lambda s3: s3.put_object(**SILVER, Tagging="state=a"),
        ),
        (
            "s3:PutObject",
            {"StringEquals": {"s3:x-amz-storage-class": "GLACIER"}},
            lambda s3: s3.put_object(**SILVER, StorageClass="GLACIER"),
        ),
        (
            "s3:PutObject",
            {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}},
            lambda s3: s3.put_object(**SILVER, ServerSideEncryption="AES256"),
        ),
        (
            "s3:PutObject",
            {"StringEquals": {"s3:if-none-match": "*"}},
            lambda s3: s3.put_object(**SILVER, IfNoneMatch="*"),
        ),
        (
            "s3:PutObject",
            {"StringLike": {"s3:x-amz-copy-source": "bronze/*"}},
            lambda s3: s3.copy_object(**SILVER, CopySource="bronze/run/one.csv"),
        ),
        (
            "s3:GetObject",
            {"StringEquals": {"s3:ExistingObjectTag/state": "held"}},
            lambda s3: s3.get_object(Bucket="bronze", Key="run/tagged.csv"),
        ),
        (
            "s3:GetObject",
            {"StringEquals": {"s3:ResourceAccount": "123456789012"}, "StringNotLike": {"aws:PrincipalArn": "*/gate"}},
            None,
        ),
    ],
    ids=lambda item: "" if callable(item) else str(item)[:40],
)
def test_what_a_request_says_is_a_condition(
    stored: Stored, as_role: AsRole, action: str, condition: dict[str, Any], call: Any
) -> None:
    others = [item for item in ("s3:ListBucket", "s3:PutObject", "s3:GetObject") if item != action]
    s3 = as_role(allow([*others, "s3:*Tagging", "kms:*"]), allow(action, Condition=condition))("s3")
    plain: dict[str, Any] = {
        "s3:ListBucket": lambda: s3.list_objects_v2(Bucket="bronze"),
        "s3:PutObject": lambda: s3.put_object(**SILVER, Body=b"x"),
        "s3:GetObject": lambda: s3.get_object(**BRONZE),
    }
    assert error_of(plain[action])[0] == "AccessDenied"
    if call:
        call(s3)


@pytest.mark.parametrize(
    ("condition", "is_allowed"),
    [
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, True),
        ({"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}, False),
        ({"StringEquals": {"kms:CallerAccount": "123456789012"}}, True),
        ({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"{ARN}{ONE}"}}, True),
        ({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"{ARN}bronze"}}, False),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "aws:s3:arn"}}, True),
        ({"Bool": {"aws:ViaAWSService": "true"}}, True),
    ],
)
def test_s3_asks_kms_in_its_own_way(stored: Stored, as_role: AsRole, condition: Any, is_allowed: bool) -> None:
    s3 = as_role(allow("s3:GetObject"), allow("kms:Decrypt", Condition=condition))("s3")
    if is_allowed:
        s3.get_object(**BRONZE)
    else:
        assert "kms:Decrypt" in error_of(s3.get_object, **BRONZE)[2]


def test_a_bucket_with_a_key_of_its_own_asks_kms_as_a_bucket(stored: Stored, as_role: AsRole, client: Client) -> None:
    of_bucket = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"{ARN}silver"}}
    s3 = as_role(allow("s3:PutObject"), allow("kms:GenerateDataKey", Condition=of_bucket))("s3")
    s3.put_object(**SILVER, Body=b"x")
    written = client("s3").get_object(**SILVER)
    assert (written["Body"].read(), written["SSEKMSKeyId"]) == (b"x", stored.key_arn)
    of_object = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"{ARN}{SILVER['Bucket']}/{SILVER['Key']}"}}
    only_for_object = policy(allow("s3:PutObject"), allow("kms:GenerateDataKey", Condition=of_object))
    client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=only_for_object)
    assert "kms:GenerateDataKey" in error_of(s3.put_object, **SILVER, Body=b"y")[2]


def test_a_bucket_policy_allows_and_refuses_what_no_identity_does(
    stored: Stored, as_role: AsRole, client: Client
) -> None:
    s3 = as_role(allow("kms:Decrypt"))("s3")
    gate = {"AWS": "arn:aws:iam::123456789012:role/gate"}
    given = allow("s3:GetObject", f"{ARN}bronze/*", Principal=gate)
    refused = deny("s3:GetObject", f"{ARN}bronze/run/tagged.csv", Principal="*")
    client("s3").put_bucket_policy(Bucket="bronze", Policy=policy(given, refused))
    assert s3.get_object(**BRONZE)["Body"].read() == b"1"
    code, _, message = error_of(s3.get_object, Bucket="bronze", Key="run/tagged.csv")
    assert code == "AccessDenied"
    assert message.endswith('"arn:aws:s3:::bronze/run/tagged.csv" with an explicit deny in a resource-based policy')


def test_a_bucket_policy_that_wants_tls_and_a_certain_principal_lets_it_in(
    stored: Stored, as_role: AsRole, client: Client
) -> None:
    s3 = as_role(allow(["s3:GetObject", "kms:Decrypt"]))("s3")
    tls = deny("s3:*", f"{ARN}bronze/*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    others = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/gate"}}
    client("s3").put_bucket_policy(
        Bucket="bronze", Policy=policy(tls, deny("s3:*", f"{ARN}bronze/*", Principal="*", Condition=others))
    )
    s3.get_object(**BRONZE)
    others["ArnNotLike"]["aws:PrincipalArn"] = "arn:aws:iam::123456789012:role/other"
    client("s3").put_bucket_policy(
        Bucket="bronze", Policy=policy(tls, deny("s3:*", f"{ARN}bronze/*", Principal="*", Condition=others))
    )
    assert "explicit deny in a resource-based policy" in error_of(s3.get_object, **BRONZE)[2]


def test_a_presigned_url_is_the_request_of_who_signed_it(stored: Stored, as_role: AsRole) -> None:
    s3 = as_role(allow(["s3:GetObject", "kms:Decrypt"], [f"{ARN}{ONE}", stored.key_arn]))("s3")
    allowed = s3.generate_presigned_url("get_object", Params=BRONZE)
    with urllib.request.urlopen(allowed) as answer:
        assert answer.read() == b"1"
    refused = s3.generate_presigned_url("get_object", Params={"Bucket": "bronze", "Key": "run/tagged.csv"})
    with pytest.raises(urllib.error.HTTPError, match="403") as raised:
        urllib.request.urlopen(refused)
    raised.value.close()


def test_condition_is_asked_of_what_makes_an_object_and_not_of_parts(
    lake: str, client: Client, as_role: AsRole
) -> None:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html."""
    unconditional = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
    statement = deny("s3:PutObject", "arn:aws:s3:::silver/*", Principal="*", Condition=unconditional)
    client("s3").put_bucket_policy(Bucket="silver", Policy=policy(statement))
    s3 = as_role(allow(["s3:*", "kms:*"]))("s3")
    assert error_of(s3.put_object, **SILVER, Body=b"x")[0] == "AccessDenied"
    upload = {**LARGE, "Bucket": "silver"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]}
    parts = {"MultipartUpload": {"Parts": [part]}}
    assert error_of(s3.complete_multipart_upload, **upload, **parts)[0] == "AccessDenied"
    s3.complete_multipart_upload(**upload, **parts, IfNoneMatch="*")
    s3.put_object(**SILVER, Body=b"x", IfNoneMatch="*")
