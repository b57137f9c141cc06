"""Filter and sort findings.

Source: shape CriterionAdditionalProperties of the macie2 API and
https://docs.aws.amazon.com/macie/latest/user/findings-filter-basics.html
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.utils import get_service_model

from localaws.macie2.exceptions import ValidationException

type Finding = Mapping[str, Any]

_EXACT_FIELDS = (
    "classificationDetails.result.customDataIdentifiers.detections.arn",
    "classificationDetails.result.customDataIdentifiers.detections.name",
    "classificationDetails.result.sensitiveData.category",
    "classificationDetails.result.sensitiveData.detections.type",
    "resourcesAffected.s3Bucket.tags.key",
    "resourcesAffected.s3Bucket.tags.value",
    "resourcesAffected.s3Object.tags.key",
    "resourcesAffected.s3Object.tags.value",
)
#: Source: shape SortCriteria of the macie2 API.
_SORT_FIELDS = (
    "count",
    "createdAt",
    "policyDetails.action.apiCallDetails.firstSeen",
    "policyDetails.action.apiCallDetails.lastSeen",
    "resourcesAffected",
    "severity.score",
    "type",
    "updatedAt",
)
_ORDERED_TYPES = ("double", "integer", "long", "timestamp")
_ORDERS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_VALUES_PER_CONDITION = 50


def finding_shape() -> Shape:
    """Return botocore's shape of a finding."""
    return get_service_model("macie2").shape_for("Finding")


def check(criterion: Mapping[str, Mapping[str, Any]], shape: Shape) -> None:
    """Refuse conditions on fields that the shape does not have, and values that the operator does not take.

    :raises ValidationException: naming the field.
    """
    for field, condition in criterion.items():
        type_name = _leaf(field, shape).type_name
        if "eqExactMatch" in condition and field not in _EXACT_FIELDS:
            raise ValidationException(f"eqExactMatch is not supported for the field {field}")
        if condition.keys() & _ORDERS.keys() and type_name not in _ORDERED_TYPES:
            raise ValidationException(f"The field {field} is neither a number nor a time")
        if "prefix" in condition and type_name != "string":
            raise ValidationException(f"The field {field} is not a text")
        for name in ("eq", "neq", "eqExactMatch"):
            if len(condition.get(name, ())) > _VALUES_PER_CONDITION:
                raise ValidationException(f"{name} of the field {field} takes at most {_VALUES_PER_CONDITION} values")


def matches(finding: Finding, criterion: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether every condition holds for the finding."""
    return all(_holds(_values(finding, field), condition) for field, condition in criterion.items())


def ordered(
    findings: Sequence[Finding], sort: Mapping[str, str], fields: Sequence[str] = _SORT_FIELDS
) -> list[Finding]:
    """Sort by the attribute; without one keep the order of creation.

    :param fields: the attributes that are allowed.
    :raises ValidationException: for any other attribute.
    """
    if not (field := sort.get("attributeName")):
        return list(findings)
    if field not in fields:
        raise ValidationException(f"attributeName must be one of: {', '.join(fields)}")
    descending = sort.get("orderBy") == "DESC"
    return sorted(findings, key=lambda finding: _sort_key(_values(finding, field)), reverse=descending)


def count_by(findings: Iterable[Finding], field: str, sort: Mapping[str, str]) -> list[dict[str, Any]]:
    """Count the findings by the value of a field; most frequent first by default."""
    counts = Counter(str(value) for finding in findings for value in _values(finding, field))
    groups = [{"count": count, "groupKey": key} for key, count in counts.items()]
    attribute = sort.get("attributeName", "count")
    return sorted(groups, key=operator.itemgetter(attribute), reverse=sort.get("orderBy", "DESC") == "DESC")


def _holds(values: list[Any], condition: Mapping[str, Any]) -> bool:
    texts = {_text(value) for value in values}
    for name, wanted in condition.items():
        match name:
            case "eq":
                holds = bool(texts & set(wanted))
            case "neq":
                holds = not texts & set(wanted)
            case "eqExactMatch":
                holds = texts == set(wanted)
            case "prefix":
                holds = any(text.startswith(wanted) for text in texts)
            case _:
                holds = any(_ORDERS[name](_number(value), wanted) for value in values)
        if not holds:
            return False
    return True


def _values(value: Any, field: str) -> list[Any]:
    """Return the values at the end of a path, through every element of the lists on its way."""
    values = [value]
    for name in field.split("."):
        values = [
            inner[name] for outer in values for inner in _flat(outer) if isinstance(inner, Mapping) and name in inner
        ]
    return [inner for outer in values for inner in _flat(outer) if inner is not None]


def _flat(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _leaf(field: str, shape: Shape) -> Shape:
    """Return the shape of the values at the end of a path.

    :raises ValidationException: when the path does not exist, or ends at a structure.
    """
    for name in field.split("."):
        shape = _element(shape)
        if not isinstance(shape, StructureShape) or name not in shape.members:
            raise ValidationException(f"The field {field} is not supported")
        shape = shape.members[name]
    if isinstance(leaf := _element(shape), (StructureShape, MapShape)):
        raise ValidationException(f"The field {field} is not supported")
    return leaf


def _element(shape: Shape) -> Shape:
    while isinstance(shape, ListShape):
        shape = shape.member
    return shape


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(_number(value)) if isinstance(value, datetime) else str(value)


def _number(value: Any) -> float:
    """Convert times to milliseconds since the epoch."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    return value if isinstance(value, (int, float)) else float("nan")


def _sort_key(values: list[Any]) -> tuple[float, str]:
    """``resourcesAffected`` has no order that AWS publishes: here it is that of the object's path."""
    first = values[0] if values else ""
    if isinstance(first, Mapping):
        first = first.get("s3Object", first.get("s3Bucket", {})).get("path", "")
    return (_number(first), "") if isinstance(first, (int, float, datetime)) else (0.0, str(first))
