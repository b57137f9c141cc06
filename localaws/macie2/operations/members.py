"""Member accounts and their administrator.

A membership is stored by the administrator's Macie; the member looks it up there.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/members.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localaws.macie2.clock import now
from localaws.macie2.exceptions import (
    ConflictException,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)
from localaws.macie2.operations.area import Answer, Area, Request, existing
from localaws.macie2.paging import page
from localaws.macie2.validation import check_tags

#: Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
MOST_BY_INVITATION = 1_000
MOST_BY_ORGANIZATION = 10_000
_CURRENT = ("Enabled", "Paused")


@dataclass(slots=True)
class Member:
    """An account as its administrator knows it; ``status`` is one of the API's RelationshipStatus."""

    account_id: str
    arn: str
    administrator_account_id: str
    email: str
    status: str = "Created"
    updated_at: datetime = field(default_factory=now)
    tags: dict[str, str] = field(default_factory=dict)
    invitation_id: str | None = None
    invited_at: datetime | None = None

    @property
    def is_current(self) -> bool:
        return self.status in _CURRENT

    def become(self, status: str) -> None:
        self.status, self.updated_at = status, now()

    def to_json(self) -> dict[str, Any]:
        """Return what GetMember answers."""
        return {
            "accountId": self.account_id,
            "administratorAccountId": self.administrator_account_id,
            "arn": self.arn,
            "email": self.email,
            "invitedAt": self.invited_at,
            "masterAccountId": self.administrator_account_id,
            "relationshipStatus": self.status,
            "tags": self.tags,
            "updatedAt": self.updated_at,
        }

    def invitation(self, account_id: str) -> dict[str, Any]:
        """Return the invitation from or to the account."""
        return {
            "accountId": account_id,
            "invitationId": self.invitation_id,
            "invitedAt": self.invited_at,
            "relationshipStatus": self.status,
        }


class Members(Area):
    """The accounts that this account administers, and the one that administers it."""

    members: dict[str, Member]

    def forget(self) -> None:
        super().forget()
        self.members = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        return {**super().tags_by_arn(), **{member.arn: member.tags for member in list(self.members.values())}}

    def create_member(self, request: Request) -> Answer:
        """Add an account; accounts of an organization become members at once, others when they accept an invitation."""
        check_tags(request.get("tags", {}))
        account_id = request["account"]["accountId"]
        check_account_id(account_id)
        by_organization = self.macie.is_delegated_administrator()
        if account_id == self.account_id:
            raise ValidationException("An account cannot be a member of itself")
        if (known := self.members.get(account_id)) and known.status not in ("Removed", "Resigned"):
            raise ConflictException(f"The account {account_id} is already associated with this account")
        most = MOST_BY_ORGANIZATION if by_organization else MOST_BY_INVITATION
        if len(self.members) >= most:
            raise ServiceQuotaExceededException(f"An account can have {most} members")
        member = self.add_member(account_id, request["account"]["email"])
        member.tags.update(request.get("tags", {}))
        if by_organization:
            self.macie.macie_of(account_id).set_member_session("ENABLED")
            member.become("Enabled")
        return {"arn": member.arn}

    def get_member(self, request: Request) -> Answer:
        return existing(self.members, request["id"]).to_json()

    def list_members(self, request: Request) -> Answer:
        """Return the current members, or with ``onlyAssociated=false`` all known accounts."""
        only_current = request.get("onlyAssociated", "true").lower()
        if only_current not in ("true", "false"):
            raise ValidationException("onlyAssociated must be true or false")
        known = list(self.members.values())
        return page(
            "members", [member.to_json() for member in known if member.is_current or only_current == "false"], request
        )

    def delete_member(self, request: Request) -> Answer:
        existing(self.members, request["id"])
        self.members.pop(request["id"], None)
        return {}

    def disassociate_member(self, request: Request) -> Answer:
        existing(self.members, request["id"]).become("Removed")
        return {}

    def update_member_session(self, request: Request) -> Answer:
        """Enable or suspend the Macie of a member."""
        member = existing(self.members, request["id"])
        if not member.is_current:
            raise ConflictException(f"The account {member.account_id} is not a member of this account")
        self.macie.macie_of(member.account_id).set_member_session(request["status"])
        member.become("Enabled" if request["status"] == "ENABLED" else "Paused")
        return {}

    def get_administrator_account(self, request: Request) -> Answer:
        membership = self.membership()
        return {"administrator": membership.invitation(membership.administrator_account_id)} if membership else {}

    def get_master_account(self, request: Request) -> Answer:
        return {"master": self.get_administrator_account(request).get("administrator")}

    def disassociate_from_administrator_account(self, request: Request) -> Answer:
        if (membership := self.membership()) is None:
            raise ResourceNotFoundException
        membership.become("Resigned")
        return {}

    def disassociate_from_master_account(self, request: Request) -> Answer:
        return self.disassociate_from_administrator_account(request)

    def accounts(self) -> list[str]:
        """Return this account and its members."""
        return [self.account_id, *(member.account_id for member in list(self.members.values()) if member.is_current)]

    def add_member(self, account_id: str, email: str) -> Member:
        """Add and return a member that is not associated yet; it replaces an earlier one."""
        arn = self.arn("member", account_id)
        member = self.members[account_id] = Member(account_id, arn, self.account_id, email)
        return member

    def membership(self) -> Member | None:
        """Return the membership of this account, None if it has no administrator."""
        known = [macie.members.get(self.account_id) for macie in self.macie.every_macie()]
        return next((member for member in known if member and member.is_current), None)


def check_account_id(account_id: str) -> None:
    """Refuse an invalid account id."""
    if not re.fullmatch(r"\d{12}", account_id):
        raise ValidationException("The id of an account has 12 digits")
