"""The delegated administrator of an organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.localaws.conftest import ACCOUNT, error_of
from tests.localaws.macie2.conftest import MEMBER


def test_the_administrator_is_listed_until_it_is_disabled(macie: Any) -> None:
    assert macie.list_organization_admin_accounts()["adminAccounts"] == []
    macie.enable_organization_admin_account(adminAccountId=MEMBER)
    assert macie.list_organization_admin_accounts()["adminAccounts"] == [{"accountId": MEMBER, "status": "ENABLED"}]
    macie.disable_organization_admin_account(adminAccountId=MEMBER)
    assert macie.list_organization_admin_accounts()["adminAccounts"] == []


def test_an_organization_has_one_administrator(macie: Any) -> None:
    macie.enable_organization_admin_account(adminAccountId=MEMBER)
    another = error_of(macie.enable_organization_admin_account, adminAccountId=ACCOUNT)
    assert another[:2] == ("ConflictException", 409)
    unknown = error_of(macie.disable_organization_admin_account, adminAccountId=ACCOUNT)
    assert unknown[:2] == ("ResourceNotFoundException", 404)


def test_only_the_administrator_configures_the_organization(macie: Any, member: Any) -> None:
    macie.enable_organization_admin_account(adminAccountId=MEMBER)
    assert error_of(macie.describe_organization_configuration)[:2] == ("AccessDeniedException", 403)
    assert member.describe_organization_configuration()["autoEnable"] is False
    member.update_organization_configuration(autoEnable=True)
    assert member.describe_organization_configuration()["autoEnable"] is True


def test_an_organization_delegates_as_the_reference_architecture_does(
    disabled_macie: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    delegated = client("macie2", **other_account(MEMBER))
    assert disabled_macie.list_organization_admin_accounts()["adminAccounts"] == []
    disabled_macie.enable_organization_admin_account(adminAccountId=MEMBER)
    [admin] = disabled_macie.list_organization_admin_accounts()["adminAccounts"]
    delegated.update_macie_session(findingPublishingFrequency="ONE_HOUR", status="ENABLED")
    assert (admin["accountId"], delegated.get_macie_session()["findingPublishingFrequency"]) == (MEMBER, "ONE_HOUR")
    assert error_of(disabled_macie.get_macie_session)[0] == "AccessDeniedException"


def test_an_administrator_that_suspended_macie_stays_suspended(macie: Any, member: Any) -> None:
    member.update_macie_session(status="PAUSED")
    macie.enable_organization_admin_account(adminAccountId=MEMBER)
    assert member.get_macie_session()["status"] == "PAUSED"
