"""Findings: listed, read, counted. Their content is built in :mod:`localaws.macie2.findings.documents`.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/findings.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from localaws.macie2.clock import now
from localaws.macie2.dials import dials, state_lock
from localaws.macie2.exceptions import ValidationException
from localaws.macie2.findings import criteria, faults, samples
from localaws.macie2.operations.area import Answer, Area, Request
from localaws.macie2.paging import page, shuffled, shuffled_page

_MOST_FINDINGS = 50


class Findings(Area):
    """The findings of an account."""

    findings: dict[str, Mapping[str, Any]]

    def forget(self) -> None:
        super().forget()
        self.findings = {}

    def add_findings(self, findings: Sequence[Mapping[str, Any]]) -> None:
        """Publish findings, and send events for those that are not archived by a suppression rule."""
        for finding in findings:
            known = {**finding, "archived": True} if self.macie.is_suppressed(finding) else finding
            self.findings[known["id"]] = known
            if not known["archived"]:
                self.macie.send_event(known)

    def create_sample_findings(self, request: Request) -> Answer:
        """Publish a sample of each requested type, by default of every type."""
        kinds, moment = request.get("findingTypes") or samples.TYPES, now()
        with state_lock:
            self.add_findings(
                [
                    samples.sample(kind, self.account_id, self.region_name, self.partition, moment)
                    for kind in dict.fromkeys(kinds)
                ]
            )
        return {}

    def list_findings(self, request: Request) -> Answer:
        if (request.get("maxResults") or 1) > _MOST_FINDINGS:
            raise ValidationException(f"maxResults must be at most {_MOST_FINDINGS}")
        selected = criteria.ordered(self._select(request), request.get("sortCriteria", {}))
        turn = shuffled_page if dials.current.findings_shuffled else page
        return turn("findingIds", faults.listed(selected), request)

    def get_findings(self, request: Request) -> Answer:
        """Return the findings that exist, in the order asked for."""
        ids = request["findingIds"]
        if not 1 <= len(ids) <= _MOST_FINDINGS:
            raise ValidationException(f"findingIds must have 1 to {_MOST_FINDINGS} elements")
        with state_lock:
            found = [self.findings[finding_id] for finding_id in ids if finding_id in self.findings]
        in_order = criteria.ordered(found, request.get("sortCriteria", {}))
        return {"findings": shuffled(in_order) if dials.current.findings_shuffled else in_order}

    def get_finding_statistics(self, request: Request) -> Answer:
        if request.get("size", 1) < 1:
            raise ValidationException("size must be at least 1")
        groups = criteria.count_by(self._select(request), request["groupBy"], request.get("sortCriteria", {}))
        return {"countsByGroup": groups[: request.get("size")]}

    def _select(self, request: Request) -> list[Mapping[str, Any]]:
        criterion = request.get("findingCriteria", {}).get("criterion", {})
        criteria.check(criterion, criteria.finding_shape())
        with state_lock:
            findings = list(self.findings.values())
        return [finding for finding in findings if criteria.matches(finding, criterion)]
