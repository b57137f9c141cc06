"""The administrator of Macie that an organization delegates to, and how it treats the organization's accounts.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/admin.html
"""

from __future__ import annotations

from localaws.macie2.exceptions import AccessDeniedException, ConflictException, ResourceNotFoundException
from localaws.macie2.operations.area import Answer, Area, Request, partly_implemented
from localaws.macie2.operations.members import check_account_id
from localaws.macie2.paging import page


class Organization(Area):
    """The administrator, kept by the management account, and the configuration, kept by the administrator."""

    organization_admin_account_id: str | None
    _auto_enable: bool

    def forget(self) -> None:
        super().forget()
        self.organization_admin_account_id = None
        self._auto_enable = False

    @partly_implemented(
        "any account is taken for the management account of an organization; AWS Organizations is not asked"
    )
    def enable_organization_admin_account(self, request: Request) -> Answer:
        """Make an account the administrator of this account's organization, and enable Macie for it.

        Source: AWS's Security Reference Architecture updates the session of the administrator without enabling it.
        """
        account_id = request["adminAccountId"]
        check_account_id(account_id)
        if self.organization_admin_account_id not in (None, account_id):
            raise ConflictException("The organization has another delegated administrator account")
        self.organization_admin_account_id = account_id
        administrator = self.macie.macie_of(account_id)
        if administrator.enabled_at() is None:
            administrator.set_member_session("ENABLED")
        return {}

    def list_organization_admin_accounts(self, request: Request) -> Answer:
        account_id = self.organization_admin_account_id
        return page("adminAccounts", [{"accountId": account_id, "status": "ENABLED"}] if account_id else [], request)

    def disable_organization_admin_account(self, request: Request) -> Answer:
        if self.organization_admin_account_id != request["adminAccountId"]:
            raise ResourceNotFoundException
        self.organization_admin_account_id = None
        return {}

    def describe_organization_configuration(self, request: Request) -> Answer:
        self._assert_administrator()
        return {"autoEnable": self._auto_enable, "maxAccountLimitReached": False}

    @partly_implemented("autoEnable is kept, but no account joins on its own: AWS Organizations is not asked")
    def update_organization_configuration(self, request: Request) -> Answer:
        self._assert_administrator()
        self._auto_enable = request["autoEnable"]
        return {}

    def is_delegated_administrator(self) -> bool:
        """Return whether an organization made this account its administrator of Macie."""
        return any(macie.organization_admin_account_id == self.account_id for macie in self.macie.every_macie())

    def _assert_administrator(self) -> None:
        if not self.is_delegated_administrator():
            raise AccessDeniedException("The account is not the delegated administrator of an organization")
