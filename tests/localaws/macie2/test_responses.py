"""Rules of every operation; sessions, members and invitations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localaws.macie2.models import MacieBackend
from localaws.server import LocalAws
from tests.localaws.conftest import error_of, start

NOT_ENABLED = ("AccessDeniedException", 401, "Macie is not enabled.")


NO_SUCH_RESOURCE = ("ResourceNotFoundException", 404, "Resource not found. Verify any provided IDs are correct.")


CALLS: dict[str, dict[str, Any]] = {
    "create_custom_data_identifier": {"name": "n", "regex": "a"},
    "disable_macie": {},
    "get_macie_session": {},
    "list_classification_jobs": {},
    "list_findings": {},
    "list_managed_data_identifiers": {},
    "list_members": {},
    "list_tags_for_resource": {"resourceArn": "arn:aws:macie2:us-east-1:123456789012:classification-job/1"},
}


@pytest.mark.parametrize("call", CALLS)
def test_access_is_denied_when_macie_is_not_enabled(disabled_macie: Any, call: str) -> None:
    assert error_of(getattr(disabled_macie, call), **CALLS[call]) == NOT_ENABLED


@pytest.mark.parametrize("region", ["eu-central-2", "cn-north-1", "us-gov-west-1"])
def test_a_region_without_macie_is_refused_and_not_retried(aws: LocalAws, region: str) -> None:
    macie: Any = boto3.client(
        "macie2", region, endpoint_url=aws.endpoint_url, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    with pytest.raises(ClientError) as refused:
        macie.enable_macie()
    assert refused.value.response["Error"]["Code"] == "NoEndpointException"
    assert region in refused.value.response["Error"]["Message"]
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_enabling_is_a_conflict_when_macie_is_enabled(macie: Any) -> None:
    assert error_of(macie.enable_macie) == ("ConflictException", 409, "Macie has already been enabled")


def test_the_session_says_how_it_was_enabled_and_updated(disabled_macie: Any) -> None:
    disabled_macie.enable_macie(findingPublishingFrequency="ONE_HOUR")
    assert disabled_macie.get_macie_session()["findingPublishingFrequency"] == "ONE_HOUR"
    disabled_macie.update_macie_session(findingPublishingFrequency="SIX_HOURS")
    session = disabled_macie.get_macie_session()
    assert (session["findingPublishingFrequency"], session["status"]) == ("SIX_HOURS", "ENABLED")


def test_jobs_are_cancelled_when_macie_is_suspended(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    turn(job_held=True)
    job_id = start(macie)
    macie.update_macie_session(status="PAUSED")
    assert macie.describe_classification_job(jobId=job_id)["jobStatus"] == "CANCELLED"


def test_nothing_is_left_when_macie_is_disabled_and_enabled_again(macie: Any, s3: Any) -> None:
    start(macie)
    macie.create_custom_data_identifier(name="n", regex="abc")
    macie.disable_macie()
    macie.enable_macie()
    assert macie.list_classification_jobs()["items"] == []
    assert macie.list_custom_data_identifiers()["items"] == []


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        ("describe_classification_job", {"jobId": "unknown"}),
        ("update_classification_job", {"jobId": "unknown", "jobStatus": "CANCELLED"}),
        ("get_custom_data_identifier", {"id": "unknown"}),
        ("delete_custom_data_identifier", {"id": "unknown"}),
        ("list_tags_for_resource", {"resourceArn": "arn:aws:macie2:us-east-1:123456789012:classification-job/1"}),
    ],
)
def test_a_resource_is_not_found_when_its_id_is_unknown(macie: Any, call: str, parameters: dict[str, Any]) -> None:
    assert error_of(getattr(macie, call), **parameters) == NO_SUCH_RESOURCE


def test_a_member_is_listed_when_it_accepts_an_invitation(
    macie: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    member = client("macie2", **other_account("111122223333"))
    member.enable_macie()
    macie.create_invitations(accountIds=["111122223333"])
    [invitation] = macie.list_invitations()["invitations"]
    member.accept_invitation(administratorAccountId="123456789012", invitationId=invitation["invitationId"])
    assert [item["accountId"] for item in macie.list_members()["members"]] == ["111122223333"]
    assert member.get_administrator_account()["administrator"]["accountId"] == "123456789012"
    macie.disassociate_member(id="111122223333")
    assert macie.list_members()["members"] == []


def test_the_organization_admin_is_listed_when_it_was_enabled(macie: Any) -> None:
    macie.enable_organization_admin_account(adminAccountId="111122223333")
    [admin] = macie.list_organization_admin_accounts()["adminAccounts"]
    assert admin["accountId"] == "111122223333"


def test_an_error_inside_the_local_aws_is_answered_and_logged_without_its_text(
    macie: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        message = "999-12-3456"
        raise ValueError(message)

    monkeypatch.setattr(MacieBackend, "list_findings", fail)
    code, status, message = error_of(macie.list_findings)
    assert (code, status) == ("InternalServerException", 500)
    assert "ListFindings failed inside the local AWS: ValueError" in caplog.text
    assert "999-12-3456" not in caplog.text + message
