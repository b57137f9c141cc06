"""DeleteObjects with keys that may and may not be deleted."""

from __future__ import annotations

import pytest

from tests.localaws.iam.conftest import ARN, ONE, AsRole, Client, Stored, allow, policy


def test_of_several_keys_only_those_are_deleted_that_may_be(stored: Stored, as_role: AsRole, client: Client) -> None:
    s3 = as_role(allow("s3:DeleteObject", f"{ARN}{ONE}"))("s3")
    wanted = [{"Key": "run/one.csv"}, {"Key": "run/tagged.csv"}, {"Key": "a<&>b", "VersionId": "v"}]
    answer = s3.delete_objects(Bucket="bronze", Delete={"Objects": wanted})
    assert [deleted["Key"] for deleted in answer["Deleted"]] == ["run/one.csv"]
    refused = [(error["Key"], error.get("VersionId"), error["Code"]) for error in answer["Errors"]]
    assert refused == [("run/tagged.csv", None, "AccessDenied"), ("a<&>b", "v", "AccessDenied")]
    assert "perform: s3:DeleteObject on" in answer["Errors"][0]["Message"]
    assert "perform: s3:DeleteObjectVersion on" in answer["Errors"][1]["Message"]
    listed = client("s3").list_objects_v2(Bucket="bronze")["Contents"]
    assert [item["Key"] for item in listed] == ["run/tagged.csv"]


def test_of_several_versions_only_those_are_deleted_that_may_be(
    stored: Stored, as_role: AsRole, client: Client
) -> None:
    s3 = as_role(allow("s3:DeleteObjectVersion", f"{ARN}{ONE}"))("s3")
    wanted = [
        {"Key": "run/one.csv", "VersionId": stored.version_id},
        {"Key": "run/one.csv"},
        {"Key": "run/tagged.csv", "VersionId": stored.tagged_version_id},
    ]
    answer = s3.delete_objects(Bucket="bronze", Delete={"Objects": wanted, "Quiet": True})
    assert [(error["Key"], error.get("VersionId")) for error in answer["Errors"]] == [
        ("run/one.csv", None),
        ("run/tagged.csv", stored.tagged_version_id),
    ]
    versions = client("s3").list_object_versions(Bucket="bronze")
    assert [version["Key"] for version in versions["Versions"]] == ["run/tagged.csv"]
    assert "DeleteMarkers" not in versions


@pytest.mark.parametrize("quiet", [False, True])
def test_all_keys_are_deleted_or_none(stored: Stored, as_role: AsRole, client: Client, quiet: bool) -> None:
    s3 = as_role()("s3")
    delete = {"Objects": [{"Key": "run/one.csv"}, {"Key": "run/tagged.csv"}], "Quiet": quiet}
    answer = s3.delete_objects(Bucket="bronze", Delete=delete)
    assert len(answer["Errors"]) == 2
    assert "Deleted" not in answer
    assert client("s3").list_objects_v2(Bucket="bronze")["KeyCount"] == 2
    client("iam").put_role_policy(RoleName="gate", PolicyName="own", PolicyDocument=policy(allow("s3:DeleteObject")))
    assert "Errors" not in s3.delete_objects(Bucket="bronze", Delete=delete)
    assert client("s3").list_objects_v2(Bucket="bronze")["KeyCount"] == 0
