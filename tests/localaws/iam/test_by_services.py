"""Calls of a service principal: the policies of bucket and key alone decide."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localaws.iam.by_services import ServiceCall, may_put
from localaws.server import LocalAws
from tests.localaws.conftest import ACCOUNT, KMS_KEY, error_of, request, run_job
from tests.localaws.iam.conftest import Client, allow, deny, policy

RESULTS = "arn:aws:s3:::results/*"
BY_MACIE = {"Principal": {"Service": "macie.amazonaws.com"}}
OF_ACCOUNT = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
MACIE_WRITES = allow("s3:PutObject", RESULTS, **BY_MACIE, **OF_ACCOUNT)


def deny_all_but(service: str) -> dict[str, Any]:
    condition = {"StringNotEquals": {"aws:PrincipalServiceName": service}}
    return deny("s3:PutObject*", RESULTS, Principal="*", Condition=condition)


@pytest.fixture
def results(enforced: LocalAws, client: Client) -> Client:
    client("s3").create_bucket(Bucket="results")
    return client


def writes(client: Client, *statements: dict[str, Any], account: str = ACCOUNT, key: str = KMS_KEY) -> bool:
    """Whether Macie may write, for an account, under a policy of the bucket."""
    if statements:
        client("s3").put_bucket_policy(Bucket="results", Policy=policy(*statements))
    call = ServiceCall("macie.amazonaws.com", account, f"arn:aws:macie2:us-east-1:{account}:classification-job/1")
    return may_put(call, "results", "a.jsonl.gz", key)


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([MACIE_WRITES], True),
        ([allow("s3:PutObject", RESULTS, Principal={"AWS": ACCOUNT})], False),
        ([allow("s3:PutObject", RESULTS, Principal={"Service": "sns.amazonaws.com"})], False),
        ([MACIE_WRITES, deny_all_but("macie.amazonaws.com")], True),
        ([MACIE_WRITES, deny_all_but("sns.amazonaws.com")], False),
        ([MACIE_WRITES, deny("s3:*", RESULTS, Principal="*")], False),
        (
            [
                MACIE_WRITES,
                deny("s3:*", RESULTS, Principal="*", Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}}),
            ],
            True,
        ),
        (
            # aws:PrincipalArn is not a key of a service's call: a statement that names a role is about services, too.
            [
                MACIE_WRITES,
                deny(
                    "s3:*",
                    RESULTS,
                    Principal="*",
                    Condition={"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/a"}},
                ),
            ],
            False,
        ),
    ],
)
def test_policy_of_the_bucket_decides(results: Client, statements: list[dict[str, Any]], allowed: bool) -> None:
    assert writes(results, *statements) is allowed


def test_another_account_s_macie_is_refused(results: Client) -> None:
    assert not writes(results, MACIE_WRITES, account="111122223333")


def test_policy_of_the_key_decides_too(results: Client) -> None:
    kms = results("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    assert not writes(results, MACIE_WRITES, key=key)
    use = allow("kms:GenerateDataKey", **BY_MACIE, **OF_ACCOUNT)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(allow("kms:*", Principal={"AWS": ACCOUNT}), use))
    assert writes(results, MACIE_WRITES, key=key)


def test_nothing_is_refused_until_it_is_switched_on(results: Client, enforced: LocalAws) -> None:
    request(enforced, "PUT", "/localaws/iam", {"enforced": False})
    assert writes(results)


def test_decision_is_listed_with_its_answer(results: Client, enforced: LocalAws) -> None:
    writes(results, MACIE_WRITES)
    assert request(enforced, "GET", "/localaws/iam")[1]["asked"] == [
        {
            "principal": "macie.amazonaws.com",
            "action": "s3:PutObject",
            "resource": "arn:aws:s3:::results/a.jsonl.gz",
            "allowed": True,
            "by": "0",
            "times": 1,
        }
    ]


@pytest.mark.parametrize(("statements", "count"), [([], 0), ([MACIE_WRITES], 1)])
def test_macie_writes_results_only_where_it_may(
    repository: None, macie: Any, s3: Any, enforced: LocalAws, statements: list[dict[str, Any]], count: int
) -> None:
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"x")
    if statements:
        s3.put_bucket_policy(Bucket="results", Policy=policy(*statements))
    run_job(macie)
    assert s3.list_objects_v2(Bucket="results")["KeyCount"] == count


def test_repository_that_macie_may_not_write_to_is_refused(macie: Any, s3: Any, enforced: LocalAws) -> None:
    destination = {"bucketName": "results", "kmsKeyArn": KMS_KEY}
    error = error_of(macie.put_classification_export_configuration, configuration={"s3Destination": destination})
    assert error[0] == "AccessDeniedException"
    s3.put_bucket_policy(Bucket="results", Policy=json.dumps({"Version": "2012-10-17", "Statement": MACIE_WRITES}))
    macie.put_classification_export_configuration(configuration={"s3Destination": destination})
