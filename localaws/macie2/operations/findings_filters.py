"""Findings filters: saved criteria, and suppression rules, which archive new findings as they are published.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/findingsfilters.html and
https://docs.aws.amazon.com/macie/latest/user/findings-suppression.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.moto_api._internal import mock_random

from localaws.macie2.dials import state_lock
from localaws.macie2.exceptions import ServiceQuotaExceededException, ValidationException
from localaws.macie2.findings import criteria
from localaws.macie2.operations.area import Answer, Area, Request, existing
from localaws.macie2.paging import page
from localaws.macie2.validation import check_length, check_tags

#: Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
MOST_FILTERS = 1_000


@dataclass(slots=True)
class FindingsFilter:
    """A filter with its latest settings."""

    id: str
    arn: str
    request: Mapping[str, Any]
    tags: dict[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Return the element of ListFindingsFilters."""
        shown = {name: self.request[name] for name in ("action", "name")}
        return {**shown, "arn": self.arn, "id": self.id, "tags": self.tags}

    def suppresses(self, finding: criteria.Finding) -> bool:
        criterion = self.request["findingCriteria"].get("criterion", {})
        return self.request["action"] == "ARCHIVE" and criteria.matches(finding, criterion)


class FindingsFilters(Area):
    """The filters of an account, in the order of their positions."""

    #: Replaced and never changed, so that it can be read without the lock.
    findings_filters: Mapping[str, FindingsFilter]

    def forget(self) -> None:
        super().forget()
        self.findings_filters = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        return {
            **super().tags_by_arn(),
            **{findings_filter.arn: findings_filter.tags for findings_filter in self.findings_filters.values()},
        }

    def is_suppressed(self, finding: criteria.Finding) -> bool:
        """Return whether a suppression rule archives the finding."""
        return any(findings_filter.suppresses(finding) for findings_filter in self.findings_filters.values())

    def create_findings_filter(self, request: Request) -> Answer:
        """Save a filter, as the last if the request has no position."""
        check_tags(request.get("tags", {}))
        _check(request)
        with state_lock:
            if known := self.made_before("findings-filter", request, self.findings_filters):
                return {"arn": self.findings_filters[known].arn, "id": known}
            self._check_name(request["name"])
            if len(self.findings_filters) >= MOST_FILTERS:
                raise ServiceQuotaExceededException(f"An account can have {MOST_FILTERS} findings filters")
            filter_id = str(mock_random.uuid4())
            made = FindingsFilter(filter_id, self.arn("findings-filter", filter_id), request)
            made.tags.update(request.get("tags", {}))
            self._place(made, request.get("position"))
            self.remember("findings-filter", request, filter_id)
        return {"arn": made.arn, "id": made.id}

    def get_findings_filter(self, request: Request) -> Answer:
        filters = self.findings_filters
        known = existing(filters, request["id"])
        return {
            **known.summary(),
            "description": known.request.get("description"),
            "findingCriteria": known.request["findingCriteria"],
            "position": list(filters).index(known.id) + 1,
        }

    def list_findings_filters(self, request: Request) -> Answer:
        return page(
            "findingsFilterListItems",
            [findings_filter.summary() for findings_filter in self.findings_filters.values()],
            request,
        )

    def update_findings_filter(self, request: Request) -> Answer:
        """Change the settings in the request; published findings stay as they are."""
        _check(request)
        with state_lock:
            known = existing(self.findings_filters, request["id"])
            if request.get("name", known.request["name"]) != known.request["name"]:
                self._check_name(request["name"])
            known.request = {**known.request, **request}
            if "position" in request:
                self._place(known, request["position"])
        return {"arn": known.arn, "id": known.id}

    def delete_findings_filter(self, request: Request) -> Answer:
        with state_lock:
            existing(self.findings_filters, request["id"])
            self.findings_filters = {
                key: findings_filter for key, findings_filter in self.findings_filters.items() if key != request["id"]
            }
        return {}

    def _check_name(self, name: str) -> None:
        if any(findings_filter.request["name"] == name for findings_filter in self.findings_filters.values()):
            raise ValidationException("Filter name already exists. A unique name is required.")

    def _place(self, placed: FindingsFilter, position: int | None) -> None:
        """Insert the filter at a position; the filters from there on move back by one."""
        others = [
            findings_filter for findings_filter in self.findings_filters.values() if findings_filter is not placed
        ]
        others.insert(len(others) if position is None else position - 1, placed)
        self.findings_filters = {findings_filter.id: findings_filter for findings_filter in others}


def _check(request: Request) -> None:
    """Refuse values that the model allows but Macie does not."""
    check_length("name", request.get("name", "name"), 3, 64)
    check_length("description", request.get("description", ""), 0, 512)
    if request.get("position", 1) < 1:
        raise ValidationException("position must be at least 1")
    criteria.check(request.get("findingCriteria", {}).get("criterion", {}), criteria.finding_shape())
