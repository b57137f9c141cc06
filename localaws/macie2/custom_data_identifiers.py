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

from localaws.macie2.detection.result import Severity
from localaws.macie2.exceptions import ValidationException
from localaws.macie2.identifiers import CustomIdentifier, RegexError, SeverityLevel, validate_regex
from localaws.macie2.tags import check_tags

DEFAULT_DISTANCE = 50
DEFAULT_SEVERITY_LEVELS = ({"occurrencesThreshold": 1, "severity": "MEDIUM"},)

_SEVERITIES = {severity.name: severity for severity in Severity}
_LONGEST_SAMPLE = 1000


@dataclass(slots=True)
class StoredIdentifier:
    """A custom data identifier; nothing of it changes but its tags and whether it is deleted."""

    id: str
    arn: str
    created_at: datetime
    request: Mapping[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    is_deleted: bool = False

    def summary(self) -> dict[str, Any]:
        """Return what the lists say about it."""
        return {
            "arn": self.arn,
            "createdAt": self.created_at,
            "description": self.request.get("description"),
            "id": self.id,
            "name": self.request["name"],
        }

    def to_json(self) -> dict[str, Any]:
        """Return what GetCustomDataIdentifier answers."""
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
    """Refuse what CreateCustomDataIdentifier refuses beyond what the model says."""
    _check_length("name", request["name"], 1, 128)
    _check_length("description", request.get("description", ""), 0, 512)
    _check_criteria(request)
    check_tags(request.get("tags", {}))
    if "severityLevels" in request:
        _check_severity_levels(request["severityLevels"])


def check_test_request(request: Mapping[str, Any]) -> None:
    """Refuse what TestCustomDataIdentifier refuses beyond what the model says."""
    _check_length("sampleText", request["sampleText"], 1, _LONGEST_SAMPLE)
    _check_criteria(request)


def _check_criteria(request: Mapping[str, Any]) -> None:
    _check_length("regex", request["regex"], 1, 512)
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
        _check_length(f"each of {name}", word, shortest, 90)


def _check_length(name: str, value: str, least: int, most: int) -> None:
    if not least <= len(value) <= most:
        raise ValidationException(f"{name} must have {least} to {most} characters")
