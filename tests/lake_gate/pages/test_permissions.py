"""The pages with the permissions of their own managed policy, and IAM enforced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate.review.request import Answer
from localaws.iam.switch import switch
from tests.lake import Lake
from tests.lake_gate.pages.conftest import Browser, Written, column, entry, row
from tests.lake_gate.review.requests import NOW, make_file, make_request

RUN = "/gate/dags/synthea_gate/runs/1"
REVIEW: dict[str, Any] = {
    "request.json": None,
    "answers/01.json": asdict(Answer("Approve", "bob", "bob", NOW)),
    "outcome.json": {"state": "kept", "at": NOW},
}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def web_server(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The credentials of a role that has the managed policy alone."""
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps({"Statement": TRUST}))["Role"]
    iam.attach_role_policy(RoleName="web", PolicyArn=lake.outputs["PagePolicyArn"])
    session: Any = boto3.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="web")["Credentials"]
    names = {"ACCESS_KEY_ID": "AccessKeyId", "SECRET_ACCESS_KEY": "SecretAccessKey", "SESSION_TOKEN": "SessionToken"}
    for variable, name in names.items():
        monkeypatch.setenv(f"AWS_{variable}", session[name])
    switch.turn(True)
    yield
    switch.turn(False)


def test_pages_need_no_more_than_their_policy(
    viewer: Browser, written: Written, request: pytest.FixtureRequest
) -> None:
    written.run(entry(), columns=[column()])
    written.index(row())
    asked = make_request(files=(make_file("patients.csv"),))
    for name, content in REVIEW.items():
        written.put(f"{asked.documents}{name}", json.dumps(content or asked.to_json()).encode())
    request.getfixturevalue("web_server")
    assert "patients.csv" in viewer.text(RUN)
    page = viewer.text(f"{RUN}/file", name="patients.csv")
    assert "Reviews of this file" in page
    assert "AWS refused" not in page
    assert "kept" in page


@pytest.mark.parametrize("name", ["returned.json", "purging.json", "other.json"])
def test_policy_of_the_page_reads_no_other_document_of_a_review(
    lake: Lake, request: pytest.FixtureRequest, name: str
) -> None:
    key = f"{make_request().documents}{name}"
    lake.s3.put_object(Bucket=lake.bronze, Key=key, Body=b"{}")
    request.getfixturevalue("web_server")
    with pytest.raises(ClientError, match="AccessDenied"):
        boto3.session.Session().client("s3").get_object(Bucket=lake.bronze, Key=key)
