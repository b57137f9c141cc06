"""Findings: listed, read, counted. How they look is in :mod:`localaws.macie2.findings`.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/findings.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.utils import get_service_model

from localaws.macie2 import criteria, moods
from localaws.macie2.dials import changed, dials
from localaws.macie2.exceptions import ValidationException
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
        """Make findings known."""
        self.findings.update({one["id"]: one for one in findings})

    def list_findings(self, request: Request) -> Answer:
        if (request.get("maxResults") or 1) > _MOST_FINDINGS:
            raise ValidationException(f"maxResults must be at most {_MOST_FINDINGS}")
        selected = criteria.ordered(self._select(request), request.get("sortCriteria", {}), _finding_shape())
        turn = shuffled_page if dials.current.findings_shuffled else page
        return turn("findingIds", moods.listed(selected), request)

    def get_findings(self, request: Request) -> Answer:
        """Return the findings that exist, in the order asked for."""
        ids = request["findingIds"]
        if not 1 <= len(ids) <= _MOST_FINDINGS:
            raise ValidationException(f"findingIds must have 1 to {_MOST_FINDINGS} elements")
        with changed:
            found = [self.findings[one] for one in ids if one in self.findings]
        in_order = criteria.ordered(found, request.get("sortCriteria", {}), _finding_shape())
        return {"findings": shuffled(in_order) if dials.current.findings_shuffled else in_order}

    def get_finding_statistics(self, request: Request) -> Answer:
        groups = criteria.count_by(self._select(request), request["groupBy"], request.get("sortCriteria", {}))
        return {"countsByGroup": groups[: request.get("size")]}

    def _select(self, request: Request) -> list[Mapping[str, Any]]:
        criterion = request.get("findingCriteria", {}).get("criterion", {})
        criteria.check(criterion, _finding_shape())
        with changed:
            findings = list(self.findings.values())
        return [one for one in findings if criteria.matches(one, criterion)]


def _finding_shape() -> Any:
    return get_service_model("macie2").shape_for("Finding")
