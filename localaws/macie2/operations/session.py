"""Macie itself: enabled, suspended, disabled.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/macie.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from localaws.macie2.clock import now
from localaws.macie2.dials import dials, state_lock
from localaws.macie2.exceptions import ConflictException, NotEnabledException, ResourceNotFoundException
from localaws.macie2.operations.area import Answer, Area, Request


class Sessions(Area):
    """The session: whether Macie is enabled, suspended or disabled."""

    _session: dict[str, Any] | None
    _was_disabled: bool

    def forget(self) -> None:
        super().forget()
        self._session = None
        self._was_disabled = False

    def assert_enabled(self) -> None:
        """Refuse a request while Macie is not enabled; as in moto, the dial ``as_moto`` enables it at first.

        :raises NotEnabledException: with Macie's message.
        """
        if self._session is not None:
            return
        if not dials.current.as_moto:
            raise NotEnabledException
        if not self._was_disabled:
            self.enable_macie({})

    def session(self) -> dict[str, Any]:
        """Return the session of an enabled Macie.

        :raises ResourceNotFoundException: when Macie is disabled and the dial ``as_moto`` is set.
        """
        self.assert_enabled()
        if self._session is None:
            raise ResourceNotFoundException
        return self._session

    def enable_macie(self, request: Request) -> Answer:
        if self._session is not None and not dials.current.as_moto:
            raise ConflictException("Macie has already been enabled")
        role = "role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie"
        moment = now()
        self._session = {
            "createdAt": moment,
            "findingPublishingFrequency": request.get("findingPublishingFrequency", "FIFTEEN_MINUTES"),
            "serviceRole": f"arn:{self.partition}:iam::{self.account_id}:{role}",
            "status": request.get("status", "ENABLED"),
            "updatedAt": moment,
        }
        if dials.current.automated_discovery:
            self.macie.update_automated_discovery_configuration({"status": "ENABLED"})
        return {}

    def get_macie_session(self, request: Request) -> Answer:
        return self.session()

    def update_macie_session(self, request: Request) -> Answer:
        """Change the session; suspending Macie cancels all jobs."""
        self._session = {**self.session(), **request, "updatedAt": now()}
        if request.get("status") == "PAUSED":
            self.macie.cancel_jobs()
        return {}

    def disable_macie(self, request: Request) -> Answer:
        """Delete everything of this account in this Region."""
        with state_lock:
            self.macie.discard_jobs()
            self.macie.stop_discovery()
            self.forget()
            self._was_disabled = True
        return {}

    def set_member_session(self, status: str) -> None:
        """Enable or suspend Macie for the account's administrator."""
        if self._session is None:
            self.enable_macie({"status": status})
        else:
            self.update_macie_session({"status": status})

    def enabled_at(self) -> datetime | None:
        """Return when Macie was enabled, None when it is not."""
        return self._session["createdAt"] if self._session else None
