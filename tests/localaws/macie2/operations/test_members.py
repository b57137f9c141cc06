"""Member accounts as their administrator and they themselves see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, error_of
from tests.localaws.macie2.conftest import MEMBER, pages

NOT_FOUND = ("ResourceNotFoundException", 404)


def _join(macie: Any, member: Any) -> None:
    macie.create_invitations(accountIds=[MEMBER])
    [invitation] = member.list_invitations()["invitations"]
    member.accept_invitation(administratorAccountId=ACCOUNT, invitationId=invitation["invitationId"])


def _create(macie: Any, account_id: str = MEMBER, **parameters: Any) -> str:
    arn: str = macie.create_member(account={"accountId": account_id, "email": "m@example.com"}, **parameters)["arn"]
    return arn


def test_a_created_member_is_known_and_not_yet_associated(macie: Any) -> None:
    arn = _create(macie, tags={"team": "lake"})
    known = macie.get_member(id=MEMBER)
    assert (known["accountId"], known["email"], known["relationshipStatus"]) == (MEMBER, "m@example.com", "Created")
    assert (known["arn"], known["administratorAccountId"], known["tags"]) == (arn, ACCOUNT, {"team": "lake"})
    assert macie.list_members()["members"] == []
    assert [member["accountId"] for member in macie.list_members(onlyAssociated="false")["members"]] == [MEMBER]
    assert macie.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "lake"}


def test_members_come_in_pages(macie: Any) -> None:
    for number in range(5):
        _create(macie, f"11112222333{number}")
    found = pages(macie, "list_members", "members", onlyAssociated="false", PaginationConfig={"PageSize": 2})
    assert [len(part) for part in found] == [2, 2, 1]
    assert len({item["accountId"] for part in found for item in part}) == 5


def test_a_member_cannot_be_created_twice_nor_be_its_own_administrator(macie: Any) -> None:
    _create(macie)
    twice = error_of(macie.create_member, account={"accountId": MEMBER, "email": "m@example.com"})
    itself = error_of(macie.create_member, account={"accountId": ACCOUNT, "email": "m@example.com"})
    invalid = error_of(macie.create_member, account={"accountId": "12", "email": "m@example.com"})
    assert (twice[:2], itself[:2], invalid[:2]) == (
        ("ConflictException", 409),
        ("ValidationException", 400),
        ("ValidationException", 400),
    )


def test_a_member_and_its_administrator_know_each_other(macie: Any, member: Any) -> None:
    _create(macie)
    _join(macie, member)
    assert macie.get_member(id=MEMBER)["relationshipStatus"] == "Enabled"
    administrator = member.get_administrator_account()["administrator"]
    assert (administrator["accountId"], administrator["relationshipStatus"]) == (ACCOUNT, "Enabled")
    assert member.get_master_account()["master"] == administrator


@pytest.mark.parametrize("call", ["disassociate_from_administrator_account", "disassociate_from_master_account"])
def test_a_member_can_leave(macie: Any, member: Any, call: str) -> None:
    _join(macie, member)
    getattr(member, call)()
    assert macie.list_members()["members"] == []
    assert macie.get_member(id=MEMBER)["relationshipStatus"] == "Resigned"
    assert "administrator" not in member.get_administrator_account()
    assert error_of(getattr(member, call))[:2] == NOT_FOUND


def test_a_removed_member_is_still_known_until_it_is_deleted(macie: Any, member: Any) -> None:
    _join(macie, member)
    macie.disassociate_member(id=MEMBER)
    assert macie.get_member(id=MEMBER)["relationshipStatus"] == "Removed"
    assert "administrator" not in member.get_administrator_account()
    macie.delete_member(id=MEMBER)
    assert error_of(macie.get_member, id=MEMBER)[:2] == NOT_FOUND


@pytest.mark.parametrize("call", ["get_member", "delete_member", "disassociate_member"])
def test_an_unknown_member_is_not_found(macie: Any, call: str) -> None:
    assert error_of(getattr(macie, call), id=MEMBER)[:2] == NOT_FOUND


def test_an_administrator_suspends_and_resumes_a_member(macie: Any, member: Any) -> None:
    _join(macie, member)
    macie.update_member_session(id=MEMBER, status="PAUSED")
    assert member.get_macie_session()["status"] == "PAUSED"
    assert macie.list_members()["members"][0]["relationshipStatus"] == "Paused"
    macie.update_member_session(id=MEMBER, status="ENABLED")
    assert member.get_macie_session()["status"] == "ENABLED"


def test_the_session_of_an_account_that_is_not_a_member_is_its_own(macie: Any, member: Any) -> None:
    _create(macie)
    assert error_of(macie.update_member_session, id=MEMBER, status="PAUSED")[:2] == ("ConflictException", 409)
    assert member.get_macie_session()["status"] == "ENABLED"


def test_a_delegated_administrator_adds_accounts_without_an_invitation(
    macie: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    macie.enable_organization_admin_account(adminAccountId=ACCOUNT)
    _create(macie)
    assert [member["accountId"] for member in macie.list_members()["members"]] == [MEMBER]
    joined = client("macie2", **other_account(MEMBER))
    assert joined.get_macie_session()["status"] == "ENABLED"
    assert joined.get_administrator_account()["administrator"]["accountId"] == ACCOUNT
