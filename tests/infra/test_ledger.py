"""The ledgers' bucket: in bronze by default, or a bucket of its own with Object Lock, written by the gate alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from lake_gate.ledger.book import append, read_head
from lake_gate.ledger.chain import name_of, prefix_of
from lake_gate.verify import main
from ops import stacks
from tests.infra.test_buckets import ANALYST, DEPLOYER, GATE, actions_on, denied_by
from tests.lake import Lake
from tests.lake_gate.test_verify import record

ACCOUNT = "123456789012"
LEDGER = "second-ledger-123456789012-us-east-1"
KEY = prefix_of("synthea") + name_of(1)
CREATES = {"s3__if-none-match": "*", "s3__objectcreationoperation": "true"}


@pytest.fixture
def locked(lake: Lake) -> Lake:
    """A second lake whose ledgers have a bucket of their own, as the templates make it."""
    given = {"NamePrefix": "second", "EnvironmentName": "second", "LedgerLock": "GOVERNANCE", "LedgerYears": "3"}
    outputs: dict[str, str] = {}
    for template in stacks.read_templates(["storage", "access"]):
        values = stacks.values_for(template, given, {**lake.outputs, **outputs})
        name = f"second-{template.name}"
        client = boto3.client("cloudformation")
        client.create_stack(
            StackName=name,
            TemplateBody=template.body,
            Parameters=stacks.as_api(values),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        outputs |= stacks.outputs_of(stacks.find_stack(client, name))
    return Lake(lake.endpoint_url, {**lake.outputs, **outputs}, lake.settings)


def enforce(lake: Lake) -> None:
    boto3.client("sts").get_caller_identity()  # boto3's default session stays the root user's
    requests.put(f"{lake.endpoint_url}/localaws/iam", json={"enforced": True}, timeout=10).raise_for_status()


def client_of(role: str) -> Any:
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    given = boto3.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return boto3.client(
        "s3",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def write(s3: Any, bucket: str, version: str = "v") -> Any:
    return append(s3, bucket, "synthea", "record", "s3://b/_runs/1", version, "0" * 64, "2026-01-01T00:00:00+00:00")


def is_refused(call: Callable[[], Any]) -> bool:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"] in {"AccessDenied", "403"}


def test_ledgers_are_in_bronze_unless_they_are_to_be_locked(lake: Lake) -> None:
    assert lake.outputs["LedgerBucket"] == lake.bronze == lake.settings.ledger


@pytest.mark.parametrize("principal", [GATE, DEPLOYER, ANALYST, f"arn:aws:iam::{ACCOUNT}:root"])
def test_line_in_bronze_is_created_by_the_gate_and_changed_or_deleted_by_no_principal(
    lake: Lake, principal: str
) -> None:
    for action in ("DeleteObject", "DeleteObjectVersion"):
        assert "DenyDeletingLedgers" in denied_by(lake, "BronzeBucket", action, KEY, principal)
    overwriting = denied_by(lake, "BronzeBucket", "PutObject", KEY, principal, s3__objectcreationoperation="true")
    assert "DenyOverwritingLedgers" in overwriting
    creating = denied_by(lake, "BronzeBucket", "PutObject", KEY, principal, **CREATES)
    assert creating == ([] if principal == GATE else ["DenyWritesExceptGate"])


def test_bucket_of_its_own_keeps_each_line_for_years(locked: Lake) -> None:
    assert locked.outputs["LedgerBucket"] == LEDGER
    configuration = locked.s3.get_object_lock_configuration(Bucket=LEDGER)["ObjectLockConfiguration"]
    assert configuration["ObjectLockEnabled"] == "Enabled"
    assert {"Mode": "GOVERNANCE", "Years": 3}.items() <= configuration["Rule"]["DefaultRetention"].items()
    write(locked.s3, LEDGER)
    version_id = locked.versions(LEDGER, KEY)[0]
    assert is_refused(lambda: locked.s3.delete_object(Bucket=LEDGER, Key=KEY, VersionId=version_id))


@pytest.mark.parametrize("principal", [ANALYST, DEPLOYER])
def test_own_bucket_is_written_by_the_gate_alone_and_emptied_by_no_principal(locked: Lake, principal: str) -> None:
    own = GATE.replace("lake-gate", "second-gate")
    assert denied_by(locked, "LedgerBucket", "PutObject", KEY, own, **CREATES) == []
    assert denied_by(locked, "LedgerBucket", "PutObject", KEY, own, s3__objectcreationoperation="true")
    allowed = {
        action for action in actions_on("object") if not denied_by(locked, "LedgerBucket", action, KEY, principal)
    }
    assert allowed == {
        "AbortMultipartUpload",
        "BypassGovernanceRetention",
        "InitiateReplication",
        "ObjectOwnerOverrideToBucketOwner",
    }
    for action in ("DeleteObject", "DeleteObjectVersion", "DeleteObjectTagging"):
        assert denied_by(locked, "LedgerBucket", action, KEY, own) == ["DenyDeletingLedgers"]


def test_gate_appends_to_the_own_bucket_and_reads_its_head_and_nothing_else(locked: Lake) -> None:
    enforce(locked)
    gate = client_of("second-gate")
    line = write(gate, LEDGER)
    assert read_head(gate, LEDGER, "synthea") == line
    locked.s3.put_object(Bucket=LEDGER, Key=prefix_of("synthea") + name_of(2), Body=b"{}")
    assert write(gate, LEDGER, "w").sequence == 3
    assert is_refused(lambda: gate.put_object(Bucket=LEDGER, Key=KEY, Body=b"{}"))
    assert is_refused(lambda: gate.put_object(Bucket=LEDGER, Key="other", Body=b"{}", IfNoneMatch="*"))
    assert is_refused(lambda: gate.delete_object(Bucket=LEDGER, Key=KEY))


@pytest.mark.parametrize("sid", ["ListLedgers", "WriteLedgers"])
def test_every_statement_about_the_own_bucket_is_needed(locked: Lake, sid: str) -> None:
    iam, arn = boto3.client("iam"), f"arn:aws:iam::{ACCOUNT}:policy/second-gate-data"
    document: Any = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    rest = [statement for statement in document["Statement"] if statement["Sid"] != sid]
    assert len(rest) == len(document["Statement"]) - 1
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=as_policy(rest), SetAsDefault=True)
    enforce(locked)
    assert is_refused(lambda: write(client_of("second-gate"), LEDGER))


@pytest.fixture
def auditor(lake: Lake) -> Callable[[str], Any]:
    """Make a role with the auditor's policy without one of its statements, and return its client."""

    def become(without: str) -> Any:
        iam, arn = boto3.client("iam"), lake.outputs["AuditorPolicyArn"]
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=as_policy([trust]))
        document: Any = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
        kept = [statement for statement in document["Statement"] if statement["Sid"] != without]
        iam.put_role_policy(RoleName="auditor", PolicyName="auditor", PolicyDocument=as_policy(kept))
        enforce(lake)
        return client_of("auditor")

    return become


def as_policy(statements: list[Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize(("without", "code"), [("", 0), ("List", 2), ("Read", 2), ("Decrypt", 2)])
def test_auditor_checks_ledgers_with_each_statement_of_the_policy(
    lake: Lake, auditor: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, without: str, code: int
) -> None:
    record(lake)
    client = auditor(without)
    monkeypatch.setattr("boto3.client", lambda *_, **__: client)
    assert main([f"s3://{lake.bronze}"]) == code


def test_auditor_reads_no_data(lake: Lake, auditor: Callable[[str], Any]) -> None:
    for bucket, key in ((lake.bronze, "synthea/1/a.csv"), (lake.bronze, "held/synthea/1/a.csv"), (lake.silver, "a")):
        lake.put(bucket, key, b"cell")
    client = auditor("")
    assert is_refused(lambda: client.get_object(Bucket=lake.bronze, Key="synthea/1/a.csv"))
    assert is_refused(lambda: client.get_object(Bucket=lake.bronze, Key="held/synthea/1/a.csv"))
    assert is_refused(lambda: client.get_object(Bucket=lake.silver, Key="a"))
    assert is_refused(lambda: client.put_object(Bucket=lake.bronze, Key=KEY, Body=b"", IfNoneMatch="*"))
