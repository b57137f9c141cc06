"""The Condition element.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from localaws.iam.matching import Keys, expand, matches, matches_arn

#: Tells whether a value of the request matches what the policy says.
type Compare = Callable[[str, str, Keys], bool]

_QUANTIFIERS = ("", "ForAllValues", "ForAnyValue")
_ORDERS = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def _equals(given: str, wanted: str, keys: Keys) -> bool:
    return expand(wanted, keys) == given


def _equals_ignoring_case(given: str, wanted: str, keys: Keys) -> bool:
    text = expand(wanted, keys)
    return text is not None and text.lower() == given.lower()


def _like(given: str, wanted: str, keys: Keys) -> bool:
    return matches(wanted, given, keys)


def _arn_like(given: str, wanted: str, keys: Keys) -> bool:
    return matches_arn(wanted, given, keys)


def _is_bool(given: str, wanted: str, _keys: Keys) -> bool:
    return given.lower() == wanted.lower()


def _in_network(given: str, wanted: str, _keys: Keys) -> bool:
    return ip_address(given) in ip_network(wanted, strict=False)


def _ordered(order: Callable[[Any, Any], bool], read: Callable[[str], Any]) -> Compare:
    return lambda given, wanted, _keys: order(read(given), read(wanted))


def _moment(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_OPERATORS: dict[str, tuple[Compare, bool]] = {
    "StringEquals": (_equals, True),
    "StringNotEquals": (_equals, False),
    "StringEqualsIgnoreCase": (_equals_ignoring_case, True),
    "StringNotEqualsIgnoreCase": (_equals_ignoring_case, False),
    "StringLike": (_like, True),
    "StringNotLike": (_like, False),
    "ArnEquals": (_arn_like, True),
    "ArnLike": (_arn_like, True),
    "ArnNotEquals": (_arn_like, False),
    "ArnNotLike": (_arn_like, False),
    "Bool": (_is_bool, True),
    "BinaryEquals": (_equals, True),
    "IpAddress": (_in_network, True),
    "NotIpAddress": (_in_network, False),
    **{f"Numeric{name}": (_ordered(order, float), True) for name, order in _ORDERS.items()},
    "NumericNotEquals": (_ordered(operator.eq, float), False),
    **{f"Date{name}": (_ordered(order, _moment), True) for name, order in _ORDERS.items()},
    "DateNotEquals": (_ordered(operator.eq, _moment), False),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator: ``{"StringLike": {"s3:prefix": ["a/*", "b/*"]}}`` is one with two values.

    :raises ValueError: for an operator that IAM does not have.
    """

    operator: str
    key: str
    wanted: tuple[str, ...]

    def __post_init__(self) -> None:
        quantifier, name, _ = _taken_apart(self.operator)
        if quantifier not in _QUANTIFIERS or (name != "Null" and name not in _OPERATORS):
            raise ValueError(f"IAM has no condition operator {self.operator}")

    def holds(self, keys: Keys) -> bool:
        """Return whether a request with these keys meets the condition."""
        quantifier, name, if_exists = _taken_apart(self.operator)
        given = keys.get(self.key.lower(), ())
        if name == "Null":
            return any((text.lower() == "true") == (not given) for text in self.wanted)
        compare, is_positive = _OPERATORS[name]
        if not given:
            return _holds_without_value(quantifier, if_exists, is_positive)
        found = [any(compare(value, wanted, keys) for wanted in self.wanted) for value in given]
        if quantifier == "ForAllValues":
            return all(result is is_positive for result in found)
        if quantifier == "ForAnyValue":
            return any(result is is_positive for result in found)
        return any(found) is is_positive


def _holds_without_value(quantifier: str, if_exists: bool, is_positive: bool) -> bool:
    """Decide for a key that the request does not have: only a negated operator holds then, or one ...IfExists."""
    if if_exists or quantifier == "ForAllValues":
        return True
    return not quantifier and not is_positive


def _taken_apart(text: str) -> tuple[str, str, bool]:
    """Return quantifier ("" for none), operator, and whether it holds for keys that the request does not have."""
    quantifier, _, name = text.rpartition(":")
    return quantifier, name.removesuffix("IfExists"), name.endswith("IfExists")
