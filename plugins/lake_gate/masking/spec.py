"""Masking spec: how the columns of tables are masked, from a file in ``include/masking``. Pure.

The columns of a dataset that the spec names are a closed list: a column without a rule is not copied, the file is held.
So a new column of a delivery reaches silver only after its rule was written. In other datasets, only columns in which
Macie found something are masked, by the rules for the identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from lake_gate.model.schema import iter_problems


class Method(StrEnum):
    """How the cells of a column are masked; ``docs/masking.md`` says what each keeps and loses.

    Ordered from what keeps most to what keeps least; of several rules for a column the last applies.
    """

    KEEP = "keep"
    ROUND = "round"
    STATE = "state"
    ZIP3 = "zip3"
    YEAR = "year"
    DATE_SHIFT = "date_shift"
    TOKEN = "token"  # noqa: S105 - the name of a method
    CONSTANT = "constant"
    NULL = "null"
    DROP = "drop"

    @property
    def strictness(self) -> int:
        """Rank in the order above."""
        return list(Method).index(self)


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule for a column, or for the columns in which Macie found an identifier.

    :param reason: why this method, for the reader of the spec.
    :param namespace: values of the same namespace have the same tokens, in all tables (``token``, ``date_shift``).
    :param by: column that identifies the patient, whose dates are shifted by the same number of days (``date_shift``).
    :param step: numbers are rounded to multiples of it (``round``).
    :param value: replaces every value (``constant``).
    """

    method: Method
    reason: str
    namespace: str = ""
    by: str = ""
    step: float = 0
    value: str = ""


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """Rules for one dataset.

    :param columns: by name in lower case.
    :param quasi_identifiers: columns, in lower case, whose combinations are counted in the masked copy; those that a
        table lacks are left out.
    """

    columns: Mapping[str, Rule]
    quasi_identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskingSpec:
    """Content of a file of ``include/masking``.

    :param sha256: see :func:`lake_gate.include.fingerprint`.
    :param key_version: part of what all keys are derived from: a new version gives other tokens and dates.
    :param oldest_year: years and dates before it are written as this year and its first day.
    :param min_k: smallest group of rows with the same quasi-identifiers that is allowed; None: any.
    :param identifiers: rules for columns without a rule of their own, by identifier that Macie found; ``*`` stands for
        any text.
    """

    name: str
    sha256: str
    key_version: int
    oldest_year: int
    min_k: int | None = None
    datasets: Mapping[str, DatasetSpec] = field(default_factory=dict)
    identifiers: Mapping[str, Rule] = field(default_factory=dict)

    def rule_for(self, identifier: str) -> Rule | None:
        """Return the strictest rule for an identifier; None without one."""
        rules = [rule for name, rule in self.identifiers.items() if _pattern(name).fullmatch(identifier)]
        return max(rules, key=lambda rule: rule.method.strictness, default=None)


@lru_cache(maxsize=1024)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)


_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
_COLUMN = {"type": "string", "minLength": 1}
_REASON = {"type": "string", "minLength": 10}
_NEEDS: dict[Method, dict[str, Any]] = {
    Method.TOKEN: {"namespace": _NAME},
    Method.DATE_SHIFT: {"namespace": _NAME, "by": _COLUMN},
    Method.ROUND: {"step": {"type": "number", "exclusiveMinimum": 0}},
    Method.CONSTANT: {"value": {"type": "string", "pattern": "^[A-Za-z0-9_.-][A-Za-z0-9_. -]*$"}},
}
"""Further keys that a method needs; a constant may not contain a delimiter or a quote."""
_OF_IDENTIFIERS = (Method.STATE, Method.ZIP3, Method.YEAR, Method.TOKEN, Method.CONSTANT, Method.NULL)
"""Methods that need nothing but the cell, and leave a table the same columns whatever was found."""


def _rule_schema(methods: Iterable[Method]) -> dict[str, Any]:
    """Return the schema of a rule; which keys belong to which method is checked by :func:`_rule_problems`."""
    own = {key: schema for needed in _NEEDS.values() for key, schema in needed.items()}
    return {
        "type": "object",
        "properties": {"method": {"enum": [method.value for method in methods]}, "reason": _REASON, **own},
        "required": ["method", "reason"],
        "additionalProperties": False,
    }


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "key_version": {"type": "integer", "minimum": 1},
        "oldest_year": {"type": "integer", "minimum": 1900, "maximum": 9999},
        "min_k": {"type": ["integer", "null"], "minimum": 2},
        "identifiers": {"type": "object", "additionalProperties": _rule_schema(_OF_IDENTIFIERS)},
        "datasets": {
            "type": "object",
            "propertyNames": {"pattern": "^[^A-Z./]+$"},
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "columns": {
                        "type": "object",
                        "propertyNames": {"minLength": 1},
                        "additionalProperties": _rule_schema(Method),
                        "minProperties": 1,
                    },
                    "quasi_identifiers": {"type": "array", "items": _COLUMN, "minItems": 1, "uniqueItems": True},
                },
                "required": ["columns"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["key_version", "oldest_year", "datasets", "identifiers"],
    "additionalProperties": False,
}
"""JSON Schema of a masking spec."""
_MOST_YEARS = 89
"""Ages above it must not be distinguishable. Source: 45 CFR 164.514(b)(2)(i)(C)."""


def parse(name: str, content: Any, *, sha256: str, this_year: int) -> MaskingSpec:
    """Parse the content of a masking spec.

    :param this_year: people who were born in or before ``oldest_year`` must not be over 89 by then.
    :raises ValueError: when it is not valid; names every wrong key and the expected value.
    """
    if problems := list(iter_problems(SCHEMA, content)) or list(_problems(content, this_year)):
        raise ValueError("; ".join(problems))
    return MaskingSpec(
        name=name,
        sha256=sha256,
        key_version=content["key_version"],
        oldest_year=content["oldest_year"],
        min_k=content.get("min_k"),
        datasets={dataset: _dataset(rules) for dataset, rules in content["datasets"].items()},
        identifiers={identifier: _rule(rule) for identifier, rule in content["identifiers"].items()},
    )


def _dataset(content: Mapping[str, Any]) -> DatasetSpec:
    return DatasetSpec(
        columns={column.lower(): _rule(rule) for column, rule in content["columns"].items()},
        quasi_identifiers=tuple(column.lower() for column in content.get("quasi_identifiers", ())),
    )


def _rule(content: Mapping[str, Any]) -> Rule:
    rule = {**content, "method": Method(content["method"])}
    return Rule(**{key: value.lower() if key == "by" else value for key, value in rule.items()})


def _problems(content: Mapping[str, Any], this_year: int) -> Iterable[str]:
    """Yield problems that the schema cannot express."""
    if this_year - content["oldest_year"] > _MOST_YEARS:
        yield f"oldest_year: people born in {content['oldest_year']} are over {_MOST_YEARS} now; raise it"
    for identifier, rule in content["identifiers"].items():
        yield from _rule_problems(f"identifiers.{identifier}", rule)
    for dataset, rules in content["datasets"].items():
        yield from _dataset_problems(f"datasets.{dataset}", rules)


def _dataset_problems(place: str, content: Mapping[str, Any]) -> Iterable[str]:
    names = [column.lower() for column in content["columns"]]
    for column, rule in content["columns"].items():
        yield from _rule_problems(f"{place}.columns.{column}", rule)
        if names.count(column.lower()) > 1:
            yield f"{place}.columns.{column}: the name of another column, if case is ignored"
        if "by" in rule and rule["by"].lower() not in names:
            yield f"{place}.columns.{column}.by: {rule['by']!r} is not a column of this dataset"
    for column in content.get("quasi_identifiers", ()):
        if column.lower() not in names:
            yield f"{place}.quasi_identifiers: {column!r} is not a column of this dataset"


def _rule_problems(place: str, rule: Mapping[str, Any]) -> Iterable[str]:
    needed = set(_NEEDS.get(Method(rule["method"]), ()))
    for key in sorted(needed - rule.keys()):
        yield f"{place}.{key}: a rule with the method {rule['method']} needs it"
    for key in sorted(rule.keys() - needed - {"method", "reason"}):
        yield f"{place}.{key}: a rule with the method {rule['method']} has no such key"
