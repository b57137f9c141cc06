"""Invitations, as who sent and who received them sees them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, error_of
from tests.localaws.macie2.conftest import MEMBER


def _invite(macie: Any, member: Any) -> str:
    assert macie.create_invitations(accountIds=[MEMBER])["unprocessedAccounts"] == []
    invitation_id: str = member.list_invitations()["invitations"][0]["invitationId"]
    return invitation_id


def test_an_invitation_is_seen_by_both_accounts(macie: Any, member: Any) -> None:
    _invite(macie, member)
    [received], [sent] = member.list_invitations()["invitations"], macie.list_invitations()["invitations"]
    assert (received["accountId"], received["relationshipStatus"]) == (ACCOUNT, "Invited")
    assert (sent["accountId"], sent["invitationId"]) == (MEMBER, received["invitationId"])
    assert member.get_invitations_count()["invitationsCount"] == 1
    assert macie.get_invitations_count()["invitationsCount"] == 0


def test_an_accepted_invitation_is_over(macie: Any, member: Any) -> None:
    invitation_id = _invite(macie, member)
    member.accept_invitation(administratorAccountId=ACCOUNT, invitationId=invitation_id)
    assert member.get_invitations_count()["invitationsCount"] == 0
    assert member.list_invitations()["invitations"] == []
    again = error_of(member.accept_invitation, administratorAccountId=ACCOUNT, invitationId=invitation_id)
    assert again[:2] == ("ConflictException", 409)


@pytest.mark.parametrize("changes", [{"invitationId": "unknown"}, {"administratorAccountId": "999999999999"}], ids=str)
def test_an_invitation_that_was_never_sent_cannot_be_accepted(macie: Any, member: Any, changes: dict[str, str]) -> None:
    sent = {"administratorAccountId": ACCOUNT, "invitationId": _invite(macie, member)}
    assert error_of(member.accept_invitation, **sent | changes)[:2] == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize("call", ["decline_invitations", "delete_invitations"])
def test_an_invitation_that_was_declined_or_deleted_is_gone(macie: Any, member: Any, call: str) -> None:
    invitation_id = _invite(macie, member)
    assert getattr(member, call)(accountIds=[ACCOUNT])["unprocessedAccounts"] == []
    assert member.list_invitations()["invitations"] == macie.list_invitations()["invitations"] == []
    refused = error_of(member.accept_invitation, administratorAccountId=ACCOUNT, invitationId=invitation_id)
    assert refused[:2] == ("ResourceNotFoundException", 404)


def test_accounts_without_an_invitation_are_named_when_one_is_declined(macie: Any, member: Any) -> None:
    [unprocessed] = member.decline_invitations(accountIds=["999999999999"])["unprocessedAccounts"]
    assert (unprocessed["accountId"], unprocessed["errorCode"]) == ("999999999999", "ClientError")


def test_declining_ends_no_invitation_that_was_sent_to_another_account(macie: Any, member: Any) -> None:
    macie.create_member(account={"accountId": "999999999999", "email": "m@example.com"})
    _invite(macie, member)
    [own] = macie.decline_invitations(accountIds=[ACCOUNT])["unprocessedAccounts"]
    [uninvited] = macie.decline_invitations(accountIds=["999999999999"])["unprocessedAccounts"]
    assert (own["accountId"], uninvited["accountId"]) == (ACCOUNT, "999999999999")
    assert member.get_invitations_count()["invitationsCount"] == 1


def test_neither_a_member_nor_the_account_itself_can_be_invited(macie: Any, member: Any) -> None:
    member.accept_invitation(administratorAccountId=ACCOUNT, invitationId=_invite(macie, member))
    unprocessed = macie.create_invitations(accountIds=[MEMBER, ACCOUNT])["unprocessedAccounts"]
    assert [item["accountId"] for item in unprocessed] == [MEMBER, ACCOUNT]
    assert macie.list_members()["members"][0]["accountId"] == MEMBER
