"""Invitations to become a member account. An invitation is stored by the Macie of its sender.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/invitations.html

As in moto, an account can be invited that CreateMember was not called for, ListInvitations has also the invitations
that the account sent, and invitations can be named by the account that they were sent to, too.
"""

from __future__ import annotations

from collections.abc import Callable

from moto.moto_api._internal import mock_random

from localaws.macie2.clock import now
from localaws.macie2.dials import dials
from localaws.macie2.exceptions import ConflictException, ResourceNotFoundException, ValidationException
from localaws.macie2.operations.area import Answer, Area, Request
from localaws.macie2.operations.members import Member, check_account_id
from localaws.macie2.paging import page


class Invitations(Area):
    """The invitations that the account sent and received."""

    def create_invitations(self, request: Request) -> Answer:
        for account_id in request["accountIds"]:
            check_account_id(account_id)
        unprocessed = [
            _unprocessed(account_id, "The account cannot be invited: it is this account or its member")
            for account_id in request["accountIds"]
            if not self._invite(account_id)
        ]
        return {"unprocessedAccounts": unprocessed}

    def list_invitations(self, request: Request) -> Answer:
        """Return the received invitations and, as moto does, the sent ones."""
        received = [
            member.invitation(member.administrator_account_id) for member in self._received() if _is_open(member)
        ]
        sent = [
            member.invitation(member.account_id) for member in list(self.macie.members.values()) if _is_open(member)
        ]
        return page("invitations", [*received, *sent], request)

    def get_invitations_count(self, request: Request) -> Answer:
        return {"invitationsCount": sum(map(_is_open, self._received()))}

    def accept_invitation(self, request: Request) -> Answer:
        """Become a member of the account that sent the invitation."""
        sender = request.get("administratorAccountId", request.get("masterAccount"))
        if sender is None:
            raise ValidationException("administratorAccountId must not be null")
        if self.macie.membership():
            raise ConflictException("The account is already a member of another account")
        invited = next((member for member in self._received() if member.invitation_id == request["invitationId"]), None)
        if invited is None or not _is_open(invited):
            raise ResourceNotFoundException
        if dials.current.as_moto:
            invited.administrator_account_id = sender
        elif invited.administrator_account_id != sender:
            raise ResourceNotFoundException
        invited.become("Enabled")
        return {}

    def decline_invitations(self, request: Request) -> Answer:
        return self._end(request, lambda member: member.become("Resigned"))

    def delete_invitations(self, request: Request) -> Answer:
        def forget(member: Member) -> None:
            member.invitation_id = member.invited_at = None
            member.become("Resigned")

        return self._end(request, forget)

    def _invite(self, account_id: str) -> bool:
        """Invite the account, again if it did not accept; return whether that is possible."""
        member = self.macie.members.get(account_id)
        if account_id == self.account_id or (member and member.is_current):
            return False
        # The e-mail address is moto's: it is unknown without CreateMember.
        member = member or self.macie.add_member(account_id, f"{account_id}@example.com")
        member.invitation_id, member.invited_at = mock_random.get_random_hex(32), now()
        member.become("Invited")
        return True

    def _end(self, request: Request, end: Callable[[Member], None]) -> Answer:
        """End the invitations from or to each of the accounts."""
        unprocessed = []
        for account_id in request["accountIds"]:
            sent = self.macie.members.get(account_id)
            received = [
                member
                for member in self._received()
                if account_id in (self.account_id, member.administrator_account_id)
            ]
            named = [
                member for member in (*received, sent) if member and member.invitation_id and not member.is_current
            ]
            if not named:
                unprocessed.append(_unprocessed(account_id, "There is no invitation from this account"))
            for member in named:
                end(member)
        return {"unprocessedAccounts": unprocessed}

    def _received(self) -> list[Member]:
        known = [macie.members.get(self.account_id) for macie in self.macie.every_macie()]
        return [member for member in known if member and member.invitation_id]


def _is_open(invited: Member) -> bool:
    return invited.status == "Invited"


def _unprocessed(account_id: str, message: str) -> dict[str, str]:
    return {"accountId": account_id, "errorCode": "ClientError", "errorMessage": message}
