"""Automated discovery: enabled for the account and its members, it samples the buckets once a day.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/automated-discovery-configuration.html and
…/automated-discovery-accounts.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from localaws.macie2.clock import now
from localaws.macie2.detection import workers
from localaws.macie2.dials import state_lock
from localaws.macie2.discovery.days import Days
from localaws.macie2.discovery.profile import Profile
from localaws.macie2.discovery.sampling import sample
from localaws.macie2.exceptions import AccessDeniedException, ConflictException, ValidationException
from localaws.macie2.failures import report
from localaws.macie2.findings import faults
from localaws.macie2.findings.documents import Analysis
from localaws.macie2.jobs.classifier import Classifier
from localaws.macie2.operations.area import Answer, Area, Request, partly_implemented
from localaws.macie2.paging import page
from localaws.macie2.storage.s3 import BucketUnavailableError, S3Bucket, S3Object

#: Source: shape ListAutomatedDiscoveryAccountsRequest of the macie2 API.
_MOST_ACCOUNTS = 50


class AutomatedDiscovery(Area):
    """Whether automated discovery is enabled, for which accounts, and its days."""

    _days: Days | None
    _discovered_accounts: set[str]
    _members_enabled: str
    _first_enabled_at: datetime | None
    _disabled_at: datetime | None
    _updated_at: datetime | None

    def forget(self) -> None:
        super().forget()
        self._days = None
        self._discovered_accounts = set()
        self._members_enabled = "NONE"
        self._first_enabled_at = self._disabled_at = self._updated_at = None

    def get_automated_discovery_configuration(self, request: Request) -> Answer:
        return {
            "autoEnableOrganizationMembers": self._members_enabled,
            "classificationScopeId": self.macie.scope_id,
            "disabledAt": self._disabled_at,
            "firstEnabledAt": self._first_enabled_at,
            "lastUpdatedAt": self._updated_at,
            "sensitivityInspectionTemplateId": self.macie.template_id,
            "status": "ENABLED" if self._days else "DISABLED",
        }

    @partly_implemented(
        "samples have at most 25 objects of a bucket a day; accounts that become members later are not enabled on "
        "their own; statistics stay after it is disabled, not for 30 days"
    )
    def update_automated_discovery_configuration(self, request: Request) -> Answer:
        """Enable or disable automated discovery for the account, and as requested for its members."""
        self.assert_in_charge()
        with state_lock:
            self._updated_at = now()
            self._members_enabled = request.get("autoEnableOrganizationMembers", "ALL")
            if request["status"] == "ENABLED":
                self._enable()
            elif self._days:
                self.stop_discovery()
                self._disabled_at = self._updated_at
        return {}

    def list_automated_discovery_accounts(self, request: Request) -> Answer:
        """Return the status of the account and its members; a member sees its own alone."""
        wanted = request.get("accountIds", [])
        if len(wanted) > _MOST_ACCOUNTS:
            raise ValidationException(f"accountIds must have at most {_MOST_ACCOUNTS} elements")
        accounts = [account for account in self.macie.accounts() if not wanted or account in wanted]
        in_charge = self.in_charge()
        items = [
            {"accountId": account, "status": "ENABLED" if in_charge.is_discovered(account) else "DISABLED"}
            for account in accounts
        ]
        return page("items", items, request)

    def batch_update_automated_discovery_accounts(self, request: Request) -> Answer:
        """Enable or disable automated discovery for accounts, and return those for which this is not possible.

        :raises ConflictException: when it is not enabled for the organization.
        """
        self.assert_in_charge()
        if self._days is None:
            raise ConflictException("Automated sensitive data discovery is not enabled for the organization")
        errors = []
        for update in request.get("accounts", []):
            account = update.get("accountId", "")
            if code := self._why_not(account):
                errors.append({"accountId": account, "errorCode": code})
            elif update.get("status") == "ENABLED":
                self._discovered_accounts.add(account)
            elif update.get("status") == "DISABLED":
                self._discovered_accounts.discard(account)
        return {"errors": errors}

    def is_discovered(self, account_id: str) -> bool:
        """Return whether automated discovery is enabled for the account or member."""
        return account_id in self._discovered_accounts

    def discovery_of(self, bucket: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members of automated discovery in the ``BucketMetadata`` of a bucket."""
        in_charge, profile = self.in_charge(), self.macie.profile(bucket["bucketName"])
        is_excluded = bucket["bucketName"] in in_charge.macie.excluded_buckets
        is_monitored = in_charge.is_discovered(bucket["accountId"]) and not is_excluded
        return {
            "automatedDiscoveryMonitoringStatus": "MONITORED" if is_monitored else "NOT_MONITORED",
            "lastAutomatedDiscoveryTime": profile.analysed_at,
            "sensitivityScore": profile.score(bucket),
        }

    def stop_discovery(self) -> None:
        """Stop the days."""
        if self._days:
            self._days.stop()
        self._days = None
        self._discovered_accounts = set()

    def _enable(self) -> None:
        self._discovered_accounts |= {self.account_id}
        if self._members_enabled == "ALL":
            self._discovered_accounts |= set(self.macie.accounts())
        if self._days is None:
            self._disabled_at, self._first_enabled_at = None, self._first_enabled_at or self._updated_at
            self._days = Days()
            name = f"macie-discovery-{self.account_id}"
            threading.Thread(target=self._live_days, args=(self._days,), name=name, daemon=True).start()

    def _live_days(self, days: Days) -> None:
        """Sample the buckets on each day; executed by a daemon thread."""
        while (day := days.await_next()) is not None:
            try:
                if self.macie.session()["status"] == "ENABLED":
                    self._sample(days, day)
            except Exception as error:  # the next day has another sample
                if not days.is_over:
                    report("automated discovery", error)

    def _sample(self, days: Days, day: int) -> None:
        """Analyse the sample of a day, write its results and publish its findings."""
        classifier = self.macie.classifier(
            self.macie.inspection(), self.macie.inspected_custom_identifiers(), number=day
        )
        analyses: list[Analysis] = []
        buckets = self._monitored_buckets(classifier)
        for candidate in [stored for bucket in buckets for stored in self._sample_of(classifier, bucket)]:
            if days.is_over:
                return
            analysis: Analysis = workers.submit(partial(classifier.classify, candidate)).result()
            self.macie.profiles.setdefault(candidate.bucket.name, Profile()).add(analysis, now())
            classifier.write_results([analysis])
            analyses.append(analysis)
        with state_lock:
            if not days.is_over:
                self.macie.add_findings(faults.findings(analyses, now()))

    def _monitored_buckets(self, classifier: Classifier) -> list[S3Bucket]:
        return [
            bucket
            for account in sorted(self._discovered_accounts)
            for bucket in classifier.storage.list_buckets(account)
            if bucket.name not in self.macie.excluded_buckets
        ]

    def _sample_of(self, classifier: Classifier, bucket: S3Bucket) -> list[S3Object]:
        profile = self.macie.profiles.setdefault(bucket.name, Profile())
        try:
            listed = list(classifier.storage.iter_objects(bucket))
        except BucketUnavailableError:
            profile.is_denied, profile.updated_at = True, now()
            return []
        profile.is_denied = False
        profile.keep({stored.key for stored in listed})
        return sample(listed, profile)

    def in_charge(self) -> AutomatedDiscovery:
        """Return the Macie whose configuration holds for the account: its administrator's, or its own."""
        membership = self.macie.membership()
        return self.macie.macie_of(membership.administrator_account_id) if membership else self

    def assert_in_charge(self) -> None:
        """Refuse a change by a member.

        :raises AccessDeniedException: when the account has an administrator.
        """
        if self.in_charge() is not self:
            raise AccessDeniedException("The administrator of the account manages automated sensitive data discovery")

    def _why_not(self, account_id: str) -> str | None:
        """Return why automated discovery of an account cannot be changed, None if it can."""
        if account_id not in self.macie.accounts():
            return "ACCOUNT_NOT_FOUND"
        macie = self.macie.macie_of(account_id)
        is_enabled = macie.enabled_at() is not None and macie.session()["status"] == "ENABLED"
        return None if is_enabled else "ACCOUNT_PAUSED"
