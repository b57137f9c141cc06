"""How strict the gate is: a threshold, and rules of which the first that matches decides. Pure.

A policy is a file of ``include/policies``. What no rule allows is held. Rules that quarantine or hold ask for *at
least* something (any of the things they name, a severity or a count from which on they match); rules that promote ask
for *at most* something (nothing but what they name). So more evidence never loosens a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from lake_gate.model.evidence import CUSTOM_IDENTIFIER, Detection, Severity
from lake_gate.model.schema import iter_problems


class Promotion(StrEnum):
    """What one object that may not be promoted means for the others of its run."""

    EACH_BY_ITSELF = "each by itself"
    ALL_OR_NOTHING = "all or nothing"


class Outcome(StrEnum):
    """Where an object goes."""

    PROMOTE = "promote"
    QUARANTINE = "quarantine"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a policy is asked about: one object, and all that was found in it.

    :param dataset: see :func:`lake_gate.model.manifest.dataset_of`.
    :param severity: the highest that Macie gave.
    """

    dataset: str
    severity: Severity | None
    finding_types: frozenset[str]
    detections: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: all conditions that it has must hold.

    :param then: what happens to the object.
    :param min_severity: from this severity on (quarantine, hold).
    :param max_severity: up to this severity (promote).
    :param min_count: from so many occurrences of what the rule names on (quarantine, hold).
    :param max_count: up to so many occurrences in all (promote).
    :param finding_types: ``SensitiveData:S3Object/Personal`` …
    :param categories: ``PERSONAL_INFORMATION``, ``FINANCIAL_INFORMATION``, ``CREDENTIALS``.
    :param datasets: patterns with ``*`` and ``?``, in lower case.
    """

    name: str
    then: Outcome
    min_severity: Severity | None = None
    max_severity: Severity | None = None
    min_count: int | None = None
    max_count: int | None = None
    finding_types: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    managed_identifiers: frozenset[str] = frozenset()
    custom_identifiers: frozenset[str] = frozenset()
    datasets: tuple[str, ...] = ()

    def matches(self, facts: Facts) -> bool:
        """Whether every condition holds for the object."""
        if self.datasets and not any(fnmatchcase(facts.dataset, pattern) for pattern in self.datasets):
            return False
        return self._allows(facts) if self.then is Outcome.PROMOTE else self._catches(facts)

    def _catches(self, facts: Facts) -> bool:
        """At least: any of the things that the rule names, so much of them, so severe."""
        named = [found for found in facts.detections if self._names(found)]
        if self._names_something and not named:
            return False
        if self.finding_types and not self.finding_types & facts.finding_types:
            return False
        if self.min_severity and (facts.severity is None or facts.severity.rank < self.min_severity.rank):
            return False
        return self.min_count is None or sum(found.count for found in named) >= self.min_count

    def _allows(self, facts: Facts) -> bool:
        """At most: nothing but the things that the rule names, no more of them, no severer."""
        if self._names_something and not all(self._names(found) for found in facts.detections):
            return False
        if self.finding_types and not facts.finding_types <= self.finding_types:
            return False
        if self.max_severity and facts.severity and facts.severity.rank > self.max_severity.rank:
            return False
        return self.max_count is None or sum(found.count for found in facts.detections) <= self.max_count

    @property
    def _names_something(self) -> bool:
        return bool(self.categories or self.managed_identifiers or self.custom_identifiers)

    def _names(self, found: Detection) -> bool:
        if not self._names_something:
            return True
        is_custom = found.category == CUSTOM_IDENTIFIER
        identifiers = self.custom_identifiers if is_custom else self.managed_identifiers
        return found.identifier in identifiers or found.category in self.categories


_PROMOTE_THE_REST = Rule(name="promote-below-threshold", then=Outcome.PROMOTE)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one run.

    :param quarantine_threshold: objects with a finding of this severity or above are quarantined, before any rule.
    :param promotion: whether objects are promoted one by one, or the run as a whole.
    :param rules: the first that matches decides.
    :param also: other policies whose rules must allow an object, too; see :meth:`joined`.
    """

    name: str = "default"
    quarantine_threshold: Severity = Severity.HIGH
    promotion: Promotion = Promotion.EACH_BY_ITSELF
    rules: tuple[Rule, ...] = field(default=(_PROMOTE_THE_REST,))
    also: tuple[Policy, ...] = ()

    def tightened(self, threshold: Severity, promotion: Promotion) -> Policy:
        """Return the policy with what one run asks for, where that is stricter: a run may tighten, never loosen."""
        return replace(
            self,
            quarantine_threshold=min(self.quarantine_threshold, threshold, key=lambda severity: severity.rank),
            promotion=max(self.promotion, promotion, key=list(Promotion).index),
        )

    def joined(self, other: Policy) -> Policy:
        """Return both policies as one: an object goes where the stricter one sends it."""
        return replace(
            self.tightened(other.quarantine_threshold, other.promotion), also=(*self.also, other, *other.also)
        )

    def matches(self, facts: Facts) -> list[Rule | None]:
        """Return the rule of each of the joined policies that decides about the object, None where there is none."""
        return [policy.first_match(facts) for policy in (self, *self.also)]

    def first_match(self, facts: Facts) -> Rule | None:
        """Return the rule of this policy alone that decides about the object, None when there is none."""
        return next((rule for rule in self.rules if rule.matches(facts)), None)


_WORDS = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
_SEVERITY = {"enum": [severity.value for severity in Severity]}
_RULE_PROPERTIES = {
    "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    "then": {"enum": [outcome.value for outcome in Outcome]},
    "min_severity": _SEVERITY,
    "max_severity": _SEVERITY,
    "min_count": {"type": "integer", "minimum": 1},
    "max_count": {"type": "integer", "minimum": 0},
    **dict.fromkeys(("finding_types", "categories", "managed_identifiers", "custom_identifiers", "datasets"), _WORDS),
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "quarantine_threshold": _SEVERITY,
        "promotion": {"enum": [promotion.value for promotion in Promotion]},
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {**_RULE_PROPERTIES, "description": {"type": "string"}},
                "required": ["name", "then"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["quarantine_threshold", "promotion", "rules"],
    "additionalProperties": False,
}
"""JSON Schema of a policy file."""


def parse(name: str, content: Any) -> Policy:
    """Return the policy that the content of a file defines.

    :raises ValueError: naming every key that is wrong, and what was expected there.
    """
    if problems := list(iter_problems(SCHEMA, content)) or list(_misplaced(content["rules"])):
        raise ValueError("; ".join(problems))
    return Policy(
        name=name,
        quarantine_threshold=Severity(content["quarantine_threshold"]),
        promotion=Promotion(content["promotion"]),
        rules=tuple(_rule(item) for item in content["rules"]),
    )


def _rule(item: Mapping[str, Any]) -> Rule:
    conditions: dict[str, Any] = {}
    for key, value in item.items():
        if key.endswith("_severity"):
            conditions[key] = Severity(value)
        elif isinstance(value, list):
            conditions[key] = tuple(value) if key == "datasets" else frozenset(value)
        elif key != "description":
            conditions[key] = value
    return Rule(**{**conditions, "then": Outcome(item["then"])})


_NOT_FOR = {
    Outcome.PROMOTE: {"min_severity": "max_severity", "min_count": "max_count"},
    Outcome.QUARANTINE: {"max_severity": "min_severity", "max_count": "min_count"},
    Outcome.HOLD: {"max_severity": "min_severity", "max_count": "min_count"},
}


def _misplaced(rules: list[Mapping[str, Any]]) -> Iterable[str]:
    """Yield what the schema cannot say; each would let more evidence loosen a decision, or hide a rule."""
    seen: set[str] = set()
    holds_before = ""
    for number, rule in enumerate(rules):
        place, then = f"rules[{number}]", Outcome(rule["then"])
        for key, instead in _NOT_FOR[then].items():
            if key in rule:
                yield f"{place}.{key}: a rule that says {then} takes {instead}"
        if then is Outcome.QUARANTINE and holds_before:
            yield f"{place}.then: a rule that quarantines must stand before the ones that hold ({holds_before})"
        if rule["name"] in seen:
            yield f"{place}.name: {rule['name']!r} is the name of another rule, too"
        seen.add(rule["name"])
        holds_before = holds_before or (rule["name"] if then is Outcome.HOLD else "")
