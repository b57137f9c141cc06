"""Macie itself: enabled, suspended, disabled.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/macie.html
"""

from __future__ import annotations

from typing import Any

from localaws.macie2.exceptions import AccessDeniedException, ConflictException
from localaws.macie2.jobs import now
from localaws.macie2.operations.area import Answer, Area, Request


class Sessions(Area):
    """Whether Macie is enabled, and what follows from that."""

    _session: dict[str, Any] | None

    def forget(self) -> None:
        super().forget()
        self._session = None

    def assert_enabled(self) -> None:
        """Refuse what can only be done while Macie is enabled.

        :raises AccessDeniedException: in the words of the service.
        """
        if self._session is None:
            raise AccessDeniedException("Macie is not enabled")

    def session(self) -> dict[str, Any]:
        """Return the session of an enabled Macie."""
        self.assert_enabled()
        assert self._session is not None  # noqa: S101 - narrows for mypy
        return self._session

    def enable_macie(self, request: Request) -> Answer:
        if self._session is not None:
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
        return {}

    def get_macie_session(self, request: Request) -> Answer:
        return self.session()

    def update_macie_session(self, request: Request) -> Answer:
        """Change the session; suspending Macie cancels all jobs."""
        self._session = {**self.session(), **request, "updatedAt": now()}
        if request.get("status") == "PAUSED":
            self.cancel_jobs()
        return {}

    def disable_macie(self, request: Request) -> Answer:
        """Delete everything of this account in this Region."""
        self.discard_jobs()
        self.forget()
        return {}

    def cancel_jobs(self) -> None:
        """Cancel all jobs that are not over."""
        raise NotImplementedError

    def discard_jobs(self) -> None:
        """Stop all jobs for good."""
        raise NotImplementedError
