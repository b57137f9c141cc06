from __future__ import annotations

from typing import Any

import pytest

from macie.errors import MacieRequestRefusedError
from macie.session import reconcile_results_repository, reconcile_session
from tests.macie.local_aws import KEY_ARN, Aws
from tests.macie.reconciling import planned_and_made, reconciled
from tests.macie.scripted_aws import REGION, ScriptedAws

WANTED = {"bucketName": "results", "keyPrefix": "macie", "kmsKeyArn": KEY_ARN}


@pytest.fixture
def destination(ready_aws: Aws) -> Any:
    def ask() -> Any:
        return ready_aws.macie.get_classification_export_configuration()["configuration"]["s3Destination"]

    return ask


def test_macie_is_enabled_where_it_never_was(aws: Aws) -> None:
    assert planned_and_made(reconcile_session) == [(REGION, "enable")]
    assert aws.macie.get_macie_session()["status"] == "ENABLED"
    assert planned_and_made(reconcile_session) == [(REGION, "keep")]


def test_macie_is_enabled_where_it_is_suspended(ready_aws: Aws) -> None:
    ready_aws.macie.update_macie_session(status="PAUSED")
    (change,) = reconciled(reconcile_session)
    assert (change["action"], change["why"]) == ("enable", "was suspended, which cancels all jobs")
    assert ready_aws.macie.get_macie_session()["status"] == "ENABLED"


def test_macie_stays_as_it_is_in_a_dry_run(ready_aws: Aws) -> None:
    ready_aws.macie.update_macie_session(status="PAUSED")
    reconciled(reconcile_session, is_dry_run=True)
    assert ready_aws.macie.get_macie_session()["status"] == "PAUSED"


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "Macie is not enabled"), (401, "Macie is not enabled.")],
)
def test_another_caller_may_enable_macie_at_the_same_time(scripted_aws: ScriptedAws, status: int, message: str) -> None:
    scripted_aws.script("GET /macie", (status, "AccessDeniedException", message))
    scripted_aws.script("POST /macie", (409, "ConflictException", "Macie has already been enabled"))
    assert reconciled(reconcile_session)[0]["action"] == "enable"


def test_refusal_to_enable_is_an_error(scripted_aws: ScriptedAws) -> None:
    scripted_aws.script("GET /macie", (403, "AccessDeniedException", "Macie is not enabled"))
    scripted_aws.script("POST /macie", (403, "AccessDeniedException", "not authorized"))
    with pytest.raises(MacieRequestRefusedError, match=r"EnableMacie.*not authorized"):
        reconciled(reconcile_session)


def test_repository_is_set_where_there_was_none(aws: Aws) -> None:
    aws.macie.enable_macie()
    aws.s3.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert planned_and_made(reconcile_results_repository, WANTED) == [("results/macie", "create")]
    assert planned_and_made(reconcile_results_repository, WANTED) == [("results/macie", "keep")]


@pytest.mark.parametrize(
    ("difference", "why"),
    [
        ({"keyPrefix": "other"}, "keyPrefix changed"),
        ({"bucketName": "bronze", "kmsKeyArn": KEY_ARN.replace("5", "6")}, "bucketName and kmsKeyArn changed"),
    ],
)
def test_repository_is_changed_when_it_is_another(
    ready_aws: Aws, destination: Any, difference: dict[str, str], why: str
) -> None:
    ready_aws.put_export_configuration(**{**WANTED, **difference})
    reconciled(reconcile_results_repository, WANTED, is_dry_run=True)
    assert destination() == {**WANTED, **difference}
    (change,) = reconciled(reconcile_results_repository, WANTED)
    assert (change["action"], change["why"]) == ("update", why)
    assert destination() == WANTED


def test_repository_without_a_prefix_is_kept_when_none_is_wanted(ready_aws: Aws) -> None:
    wanted = {**WANTED, "keyPrefix": ""}
    assert planned_and_made(reconcile_results_repository, wanted) == [("results", "keep")]
