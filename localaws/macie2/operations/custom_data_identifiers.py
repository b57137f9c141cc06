"""The custom data identifiers of an account: rules, storage shape and the form that the detection takes.

Source: https://docs.aws.amazon.com/macie/latest/user/cdis-options.html and
https://docs.aws.amazon.com/macie/latest/APIReference/custom-data-identifiers.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from moto.moto_api._internal import mock_random

from localaws.macie2.clock import now
from localaws.macie2.dials import state_lock
from localaws.macie2.exceptions import ServiceQuotaExceededException, ValidationException
from localaws.macie2.identifiers import CustomIdentifier, RegexError, SeverityLevel, count_matches, validate_regex
from localaws.macie2.identifiers.model import Severity
from localaws.macie2.operations.area import Answer, Area, Request, existing
from localaws.macie2.paging import page
from localaws.macie2.validation import check_length, check_tags

DEFAULT_DISTANCE = 50
DEFAULT_SEVERITY_LEVELS = ({"occurrencesThreshold": 1, "severity": "MEDIUM"},)

_SEVERITIES = {severity.name: severity for severity in Severity}
_LONGEST_SAMPLE = 1000
#: Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
MOST_IDENTIFIERS = 10_000


@dataclass(slots=True)
class StoredIdentifier:
    """A custom data identifier; only its tags and its deletion change."""

    id: str
    arn: str
    created_at: datetime
    request: Mapping[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    is_deleted: bool = False

    def summary(self) -> dict[str, Any]:
        """Return the element of the lists."""
        return {
            "arn": self.arn,
            "createdAt": self.created_at,
            "description": self.request.get("description"),
            "id": self.id,
            "name": self.request["name"],
        }

    def to_json(self) -> dict[str, Any]:
        """Return the response of GetCustomDataIdentifier."""
        return {
            **self.summary(),
            "deleted": self.is_deleted,
            "ignoreWords": self.request.get("ignoreWords"),
            "keywords": self.request.get("keywords"),
            "maximumMatchDistance": self.request.get("maximumMatchDistance", DEFAULT_DISTANCE),
            "regex": self.request["regex"],
            "severityLevels": self.request.get("severityLevels", DEFAULT_SEVERITY_LEVELS),
            "tags": self.tags,
        }

    def to_detect(self) -> CustomIdentifier:
        return to_detect(self.request, self.id)


class CustomDataIdentifiers(Area):
    """The custom data identifiers of an account; deleted ones stay for the jobs that use them."""

    custom_data_identifiers: dict[str, StoredIdentifier]

    def forget(self) -> None:
        super().forget()
        self.custom_data_identifiers = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        return {
            **super().tags_by_arn(),
            **{identifier.arn: identifier.tags for identifier in self.usable_identifiers().values()},
        }

    def usable_identifiers(self) -> dict[str, StoredIdentifier]:
        """Return those that were not deleted, by id."""
        return {
            key: identifier
            for key, identifier in list(self.custom_data_identifiers.items())
            if not identifier.is_deleted
        }

    def create_custom_data_identifier(self, request: Request) -> Answer:
        check_create_request(request)
        with state_lock:
            usable = self.usable_identifiers()
            if known := self.made_before("custom-data-identifier", request, usable):
                return {"customDataIdentifierId": known}
            if len(usable) >= MOST_IDENTIFIERS:
                raise ServiceQuotaExceededException(f"An account can have {MOST_IDENTIFIERS} custom data identifiers")
            identifier_id = str(mock_random.uuid4())
            arn = self.arn("custom-data-identifier", identifier_id)
            stored = StoredIdentifier(identifier_id, arn, now(), request, tags=dict(request.get("tags", {})))
            self.custom_data_identifiers[identifier_id] = stored
            self.remember("custom-data-identifier", request, identifier_id)
        return {"customDataIdentifierId": identifier_id}

    def get_custom_data_identifier(self, request: Request) -> Answer:
        """Return an identifier, also a deleted one."""
        return existing(self.custom_data_identifiers, request["id"]).to_json()

    def batch_get_custom_data_identifiers(self, request: Request) -> Answer:
        known, ids = self.custom_data_identifiers, request.get("ids", [])
        found = [known[identifier_id] for identifier_id in ids if identifier_id in known]
        return {
            "customDataIdentifiers": [
                {**identifier.summary(), "deleted": identifier.is_deleted} for identifier in found
            ],
            "notFoundIdentifierIds": [identifier_id for identifier_id in ids if identifier_id not in known],
        }

    def list_custom_data_identifiers(self, request: Request) -> Answer:
        return page("items", [identifier.summary() for identifier in self.usable_identifiers().values()], request)

    def delete_custom_data_identifier(self, request: Request) -> Answer:
        """Mark it as deleted: jobs that were created with it keep using it."""
        with state_lock:
            existing(self.usable_identifiers(), request["id"]).is_deleted = True
        return {}

    def test_custom_data_identifier(self, request: Request) -> Answer:
        check_test_request(request)
        return {"matchCount": count_matches(to_detect(request), request["sampleText"])}


def to_detect(request: Mapping[str, Any], identifier_id: str = "") -> CustomIdentifier:
    """Return the identifier of a create or test request in the form that the detection takes."""
    levels = request.get("severityLevels", DEFAULT_SEVERITY_LEVELS)
    return CustomIdentifier(
        id=identifier_id,
        name=request.get("name", ""),
        regex=request["regex"],
        keywords=tuple(request.get("keywords", ())),
        ignore_words=tuple(request.get("ignoreWords", ())),
        maximum_match_distance=request.get("maximumMatchDistance", DEFAULT_DISTANCE),
        severity_levels=tuple(
            SeverityLevel(occurrences_threshold=level["occurrencesThreshold"], severity=_SEVERITIES[level["severity"]])
            for level in levels
        ),
    )


def check_create_request(request: Mapping[str, Any]) -> None:
    """Validate CreateCustomDataIdentifier beyond botocore's model."""
    check_length("name", request["name"], 1, 128)
    check_length("description", request.get("description", ""), 0, 512)
    _check_criteria(request)
    check_tags(request.get("tags", {}))
    if "severityLevels" in request:
        _check_severity_levels(request["severityLevels"])


def check_test_request(request: Mapping[str, Any]) -> None:
    """Validate TestCustomDataIdentifier beyond botocore's model."""
    check_length("sampleText", request["sampleText"], 1, _LONGEST_SAMPLE)
    _check_criteria(request)


def _check_criteria(request: Mapping[str, Any]) -> None:
    check_length("regex", request["regex"], 1, 512)
    _check_words("keywords", request.get("keywords", []), most=50, shortest=3)
    _check_words("ignoreWords", request.get("ignoreWords", []), most=10, shortest=4)
    if not 1 <= request.get("maximumMatchDistance", DEFAULT_DISTANCE) <= 300:
        raise ValidationException("maximumMatchDistance must be between 1 and 300")
    try:
        validate_regex(request["regex"])
    except RegexError as error:
        raise ValidationException(f"regex is not valid: {error}") from error


def _check_severity_levels(levels: Sequence[Mapping[str, Any]]) -> None:
    """Each severity once, and a higher severity needs more occurrences."""
    if not 1 <= len(levels) <= len(Severity):
        raise ValidationException("severityLevels must have 1 to 3 elements")
    ranked = sorted(levels, key=lambda level: _SEVERITIES[level["severity"]].score)
    thresholds = [level["occurrencesThreshold"] for level in ranked]
    if len({level["severity"] for level in levels}) != len(levels):
        raise ValidationException("severityLevels must have each severity at most once")
    if thresholds[0] < 1 or any(low >= high for low, high in pairwise(thresholds)):
        raise ValidationException("occurrencesThreshold must be at least 1 and rise with the severity")


def _check_words(name: str, words: Sequence[str], most: int, shortest: int) -> None:
    if len(words) > most:
        raise ValidationException(f"{name} must have at most {most} elements")
    for word in words:
        check_length(f"each of {name}", word, shortest, 90)
