"""Suppression rules of ``include/suppression_rules``: expected findings, with an owner, a reason and an end date.

A file has the body of CreateFindingsFilter without ``action``, and the owner of the rule, the reason why such findings
need no attention, and the day on which the rule ends. Macie archives a suppressed finding as soon as it is created, and
publishes no event. The gate still counts the finding, and decides as if the rule did not exist.
"""

from __future__ import annotations

import json
import operator
import re
from calendar import monthrange, timegm
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lake_gate.errors import SuppressionRuleError
from lake_gate.include import include_path
from lake_gate.model.schema import iter_problems

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|\+00:00)")
_VALUES = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 50}
_NUMBER = {"type": "integer"}
_CONDITION = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("eq", "neq", "eqExactMatch"), _VALUES),
        **dict.fromkeys(("gt", "gte", "lt", "lte"), _NUMBER),
    },
    "additionalProperties": False,
    "minProperties": 1,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 3, "maxLength": 64},
        "description": {"type": "string", "minLength": 1, "maxLength": 512},
        "findingCriteria": {
            "type": "object",
            # A rule without a condition would archive every finding.
            "properties": {"criterion": {"type": "object", "additionalProperties": _CONDITION, "minProperties": 1}},
            "required": ["criterion"],
            "additionalProperties": False,
        },
        "position": {"type": "integer", "minimum": 1},
        # Characters and length of a tag's value.
        "owner": {"type": "string", "pattern": r"^[\w .:/=+@-]{1,256}\Z"},
        "reason": {"type": "string", "minLength": 1, "maxLength": 512},
        "expires_on": {"type": "string"},
    },
    "required": ["name", "findingCriteria", "owner", "reason", "expires_on"],
    "additionalProperties": False,
}
"""JSON Schema of a rule file. Source of the limits: API operation CreateFindingsFilter."""


@dataclass(frozen=True, slots=True)
class SuppressionRule:
    """A suppression rule.

    :param criterion: conditions by the path of a finding's field; all must hold.
    :param owner: contact for questions about the rule.
    :param reason: why such findings need no attention.
    :param expires_on: first day (UTC) on which the rule no longer counts, ``YYYY-MM-DD``.
    :param position: position among the account's rules; None for the end.
    """

    name: str
    criterion: Mapping[str, Mapping[str, Any]]
    owner: str
    reason: str
    expires_on: str
    description: str | None = None
    position: int | None = None

    def to_filter(self) -> dict[str, Any]:
        """Return the body of CreateFindingsFilter without ``action``; owner and end date are tags."""
        return {
            "name": self.name,
            "description": self.description or self.reason,
            "findingCriteria": {"criterion": self.criterion},
            "tags": {"Owner": self.owner, "ExpiresOn": self.expires_on},
            **({"position": self.position} if self.position else {}),
        }

    def warrant(self) -> dict[str, str]:
        """Return the rule's name, owner, reason and end date, for a record."""
        return {"name": self.name, "owner": self.owner, "reason": self.reason, "expires_on": self.expires_on}


def parse(content: Any) -> SuppressionRule:
    """Return the rule that the content of a file defines.

    :raises ValueError: naming every wrong key and its expected value.
    """
    if problems := [*iter_problems(SCHEMA, content), *_day_problems(content)]:
        raise ValueError("; ".join(problems))
    facts = {key: value for key, value in content.items() if key != "findingCriteria"}
    return SuppressionRule(criterion=content["findingCriteria"]["criterion"], **facts)


def _day_problems(content: Any) -> Iterator[str]:
    day = content.get("expires_on") if isinstance(content, Mapping) else None
    if isinstance(day, str) and not _is_day(day):
        yield f"expires_on: {day!r} is not a valid day, expected YYYY-MM-DD"


def _is_day(text: str) -> bool:
    if not (found := _DAY.fullmatch(text)):
        return False
    year, month, day = map(int, found.groups())
    return year > 0 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def is_expired(rule: SuppressionRule, today: str) -> bool:
    """Whether the rule no longer counts.

    :param today: the day in UTC, ``YYYY-MM-DD``.
    """
    return rule.expires_on <= today


@dataclass(slots=True)
class Attribution:
    """Numbers of a run's archived findings by the rule that explains them.

    :param by_rule: for each rule, the number of archived findings that meet its criteria; a finding may meet several.
    :param unexplained: number of archived findings that meet no rule of the lake: they were archived by a user, or by
        another rule of the account.
    """

    by_rule: dict[str, int] = field(default_factory=dict)
    unexplained: int = 0


def attribute(rules: Iterable[SuppressionRule], findings: Iterable[Mapping[str, Any]]) -> Attribution:
    """Count the archived findings that each rule explains.

    :param findings: elements of GetFindings' answer as JSON; those that are not archived are ignored.
    """
    known = list(rules)
    attribution = Attribution(dict.fromkeys((rule.name for rule in known), 0))
    for finding in findings:
        if finding.get("archived") is not True:
            continue
        explaining = [rule for rule in known if _matches(rule, finding)]
        for rule in explaining:
            attribution.by_rule[rule.name] += 1
        attribution.unexplained += not explaining
    return attribution


def _matches(rule: SuppressionRule, finding: Mapping[str, Any]) -> bool:
    return all(_holds(list(_values(finding, path.split("."))), condition) for path, condition in rule.criterion.items())


def _values(node: Any, path: list[str]) -> Iterator[Any]:
    """Yield the values at a path, in every element of the lists along it."""
    if isinstance(node, list):
        for item in node:
            yield from _values(item, path)
    elif not path:
        if node is not None:
            yield node
    elif isinstance(node, Mapping) and path[0] in node:
        yield from _values(node[path[0]], path[1:])


def _holds(values: list[Any], condition: Mapping[str, Any]) -> bool:
    """Whether all parts of a condition hold. Source: API shape CriterionAdditionalProperties."""
    texts = {_text(value) for value in values}
    numbers = [number for value in values if (number := _number(value)) is not None]
    for name, wanted in condition.items():
        if name in _SETS:
            holds = _SETS[name](texts, set(wanted))
        else:
            holds = any(_ORDERS[name](number, wanted) for number in numbers)
        if not holds:
            return False
    return True


_SETS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "eq": lambda texts, wanted: bool(texts & wanted),
    "neq": lambda texts, wanted: not texts & wanted,
    "eqExactMatch": operator.eq,
}
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float | None:
    """Return a number unchanged, a timestamp in milliseconds since 1970, None for any other value."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and (found := _MOMENT.fullmatch(value)):
        parts = [int(part) for part in found.groups()[:6]]
        return timegm((*parts, 0, 0, 0)) * 1000 + int(float(found[7] or 0) * 1000 + 0.5)
    return None


def read_suppression_rules() -> list[SuppressionRule]:
    """Return all suppression rules, including expired ones, in the order of their file names.

    :raises SuppressionRuleError: naming the file and every wrong key in it.
    """
    rules: dict[str, SuppressionRule] = {}
    for path in sorted(Path(include_path("suppression_rules")).glob("*.json")):
        try:
            rule = parse(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as problem:
            raise SuppressionRuleError(str(path), str(problem)) from None
        if rule.name in rules:
            raise SuppressionRuleError(str(path), f"name: {rule.name!r} is the name of another rule")
        rules[rule.name] = rule
    return list(rules.values())
