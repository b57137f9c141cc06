"""Policies: a threshold and an ordered list of rules, from a file in ``include/policies``. Pure.

The first rule that matches decides; an object that no rule allows is held. Conditions of rules that quarantine or hold
are lower bounds (any of the named detections, at least this severity or count); conditions of rules that promote are
upper bounds (only the named detections, at most this severity or count). So more evidence never loosens a decision.
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
    """Whether an object that may not be promoted prevents the promotion of the others in its run.

    Ordered from loose to strict.
    """

    EACH_BY_ITSELF = "each by itself"
    ALL_OR_NOTHING = "all or nothing"


class Outcome(StrEnum):
    """What happens to an object."""

    PROMOTE = "promote"
    QUARANTINE = "quarantine"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about one object that the rules of a policy are matched with.

    :param dataset: see :func:`lake_gate.model.manifest.dataset_of`.
    :param severity: highest severity that Macie reported.
    """

    dataset: str
    severity: Severity | None
    finding_types: frozenset[str]
    detections: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule of a policy: matches an object if all its conditions hold.

    :param then: outcome for an object that matches.
    :param min_severity: lowest severity that matches (quarantine, hold).
    :param max_severity: highest severity that matches (promote).
    :param min_count: lowest number of occurrences of the named detections that matches (quarantine, hold).
    :param max_count: highest number of occurrences of all detections that matches (promote).
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
        """Check lower bounds: any of the named detections, at least this count and severity."""
        named = [detection for detection in facts.detections if self._names(detection)]
        if self._names_detections and not named:
            return False
        if self.finding_types and not self.finding_types & facts.finding_types:
            return False
        if self.min_severity and (facts.severity is None or facts.severity.rank < self.min_severity.rank):
            return False
        return self.min_count is None or sum(detection.count for detection in named) >= self.min_count

    def _allows(self, facts: Facts) -> bool:
        """Check upper bounds: only the named detections, at most this count and severity."""
        if self._names_detections and not all(self._names(detection) for detection in facts.detections):
            return False
        if self.finding_types and not facts.finding_types <= self.finding_types:
            return False
        if self.max_severity and facts.severity and facts.severity.rank > self.max_severity.rank:
            return False
        return self.max_count is None or sum(detection.count for detection in facts.detections) <= self.max_count

    @property
    def _names_detections(self) -> bool:
        return bool(self.categories or self.managed_identifiers or self.custom_identifiers)

    def _names(self, detection: Detection) -> bool:
        if not self._names_detections:
            return True
        is_custom = detection.category == CUSTOM_IDENTIFIER
        identifiers = self.custom_identifiers if is_custom else self.managed_identifiers
        return detection.identifier in identifiers or detection.category in self.categories


_PROMOTE_BELOW_THRESHOLD = Rule(name="promote-below-threshold", then=Outcome.PROMOTE)


@dataclass(frozen=True, slots=True)
class Policy:
    """Threshold and rules for the objects of a run.

    :param quarantine_threshold: objects with a finding of this severity or above are quarantined, before any rule.
    :param promotion: whether objects are promoted one by one, or the run as a whole.
    :param rules: the first that matches decides.
    :param also: further policies that must allow an object as well; see :meth:`joined`.
    """

    name: str = "default"
    quarantine_threshold: Severity = Severity.HIGH
    promotion: Promotion = Promotion.EACH_BY_ITSELF
    rules: tuple[Rule, ...] = field(default=(_PROMOTE_BELOW_THRESHOLD,))
    also: tuple[Policy, ...] = ()

    def tightened(self, threshold: Severity, promotion: Promotion) -> Policy:
        """Return the policy with this threshold and this promotion, each applied only if stricter than its own."""
        return replace(
            self,
            quarantine_threshold=min(self.quarantine_threshold, threshold, key=lambda severity: severity.rank),
            promotion=max(self.promotion, promotion, key=list(Promotion).index),
        )

    def joined(self, other: Policy) -> Policy:
        """Return a policy that gives each object the stricter outcome of both policies."""
        return replace(
            self.tightened(other.quarantine_threshold, other.promotion), also=(*self.also, other, *other.also)
        )

    def matches(self, facts: Facts) -> list[Rule | None]:
        """Return the first matching rule of each of the joined policies, None for a policy without one."""
        return [policy.first_match(facts) for policy in (self, *self.also)]

    def first_match(self, facts: Facts) -> Rule | None:
        """Return the first matching rule of this policy, ignoring joined ones; None without one."""
        return next((rule for rule in self.rules if rule.matches(facts)), None)


_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
_SEVERITY = {"enum": [severity.value for severity in Severity]}
_RULE_PROPERTIES = {
    "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    "then": {"enum": [outcome.value for outcome in Outcome]},
    "min_severity": _SEVERITY,
    "max_severity": _SEVERITY,
    "min_count": {"type": "integer", "minimum": 1},
    "max_count": {"type": "integer", "minimum": 0},
    **dict.fromkeys(("finding_types", "categories", "managed_identifiers", "custom_identifiers", "datasets"), _TEXTS),
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
    """Parse the content of a policy file.

    :raises ValueError: when it is not a valid policy; names every wrong key and the expected value.
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


_REPLACEMENTS = {
    Outcome.PROMOTE: {"min_severity": "max_severity", "min_count": "max_count"},
    Outcome.QUARANTINE: {"max_severity": "min_severity", "max_count": "min_count"},
    Outcome.HOLD: {"max_severity": "min_severity", "max_count": "min_count"},
}


def _misplaced(rules: list[Mapping[str, Any]]) -> Iterable[str]:
    """Yield problems that the schema cannot express: they would let more evidence loosen a decision, or hide a rule."""
    seen: set[str] = set()
    first_hold = ""
    for number, rule in enumerate(rules):
        place, then = f"rules[{number}]", Outcome(rule["then"])
        for key, instead in _REPLACEMENTS[then].items():
            if key in rule:
                yield f"{place}.{key}: a rule that says {then} takes {instead}"
        if then is Outcome.QUARANTINE and first_hold:
            yield f"{place}.then: a rule that quarantines must come before rules that hold ({first_hold})"
        if rule["name"] in seen:
            yield f"{place}.name: {rule['name']!r} is the name of another rule"
        seen.add(rule["name"])
        first_hold = first_hold or (rule["name"] if then is Outcome.HOLD else "")
