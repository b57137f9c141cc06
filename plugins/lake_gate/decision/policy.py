"""Policies: a threshold and an ordered list of rules, from a file in ``include/policies``. Pure.

The first rule that matches decides; an object that no rule allows is held. Conditions of rules that quarantine or hold
are lower bounds (any of the named detections, at least this severity or count); conditions of rules that promote or
mask are upper bounds (only the named detections, at most this severity or count). So more evidence never loosens a
decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
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
    """What happens to an object.

    If it is masked, a masked copy may be promoted, and the object itself is quarantined.
    """

    PROMOTE = "promote"
    MASK = "mask"
    QUARANTINE = "quarantine"
    HOLD = "hold"

    @property
    def strictness(self) -> int:
        """Rank: a stricter outcome has a higher one."""
        return (Outcome.PROMOTE, Outcome.MASK, Outcome.HOLD, Outcome.QUARANTINE).index(self)

    @property
    def is_permission(self) -> bool:
        """Whether it allows that something goes to silver."""
        return self in {Outcome.PROMOTE, Outcome.MASK}


@lru_cache(maxsize=1024)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)


def _has_name(detection: Detection, name: str) -> bool:
    return _pattern(name).fullmatch(detection.identifier) is not None


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about one object that the rules of a policy are matched with.

    :param dataset: see :func:`lake_gate.model.manifest.dataset_of`.
    :param severity: highest severity that Macie reported.
    :param is_masked_copy: the object is the masked copy of another one.
    :param is_severity_explained: the detections of every record account for its severity and type.
    """

    dataset: str
    severity: Severity | None
    finding_types: frozenset[str]
    detections: tuple[Detection, ...]
    is_severity_explained: bool
    is_masked_copy: bool = False

    def reaches(self, severity: Severity) -> bool:
        """Whether Macie reported this severity or a higher one."""
        return self.severity is not None and self.severity.rank >= severity.rank

    def count(self, name: str) -> int:
        """Return the number of occurrences of the identifiers with this name, custom and managed together."""
        return sum(detection.count for detection in self.detections if _has_name(detection, name))


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule of a policy: matches an object if all its conditions hold.

    :param then: outcome for an object that matches.
    :param min_severity: lowest severity that matches (quarantine, hold).
    :param max_severity: highest severity that matches (promote, mask).
    :param min_count: lowest number of occurrences of the named detections that matches (quarantine, hold).
    :param max_count: highest number of occurrences of all detections that matches (promote, mask).
    :param min_counts: lowest number of occurrences by identifier; one that is reached matches (quarantine, hold).
    :param max_counts: highest number of occurrences by identifier (promote, mask).
    :param combination: groups of identifiers; matches if at least one of each group was found (quarantine, hold).
    :param overrides_threshold: checked before the quarantine threshold (promote, mask).
    :param masked_copies_only: matches masked copies only: what it says of tokens does not hold for originals.
    :param finding_types: ``SensitiveData:S3Object/Personal`` …
    :param categories: ``PERSONAL_INFORMATION``, ``FINANCIAL_INFORMATION``, ``CREDENTIALS``.
    :param managed_identifiers: ids, in which ``*`` stands for any text; so are those in counts and combinations.
    :param datasets: patterns with ``*`` and ``?``, in lower case.
    """

    name: str
    then: Outcome
    min_severity: Severity | None = None
    max_severity: Severity | None = None
    min_count: int | None = None
    max_count: int | None = None
    min_counts: Mapping[str, int] = field(default_factory=dict)
    max_counts: Mapping[str, int] = field(default_factory=dict)
    combination: tuple[frozenset[str], ...] = ()
    overrides_threshold: bool = False
    masked_copies_only: bool = False
    finding_types: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    managed_identifiers: frozenset[str] = frozenset()
    custom_identifiers: frozenset[str] = frozenset()
    datasets: tuple[str, ...] = ()

    def matches(self, facts: Facts) -> bool:
        """Whether every condition holds for the object."""
        if self.masked_copies_only and not facts.is_masked_copy:
            return False
        if self.datasets and not any(fnmatchcase(facts.dataset, pattern) for pattern in self.datasets):
            return False
        return self._allows(facts) if self.then.is_permission else self._catches(facts)

    def _catches(self, facts: Facts) -> bool:
        """Check lower bounds: any of the named detections, at least this count and severity."""
        named = [detection for detection in facts.detections if self._names(detection)]
        if self._names_detections and not named:
            return False
        if self.finding_types and not self.finding_types & facts.finding_types:
            return False
        if self.min_severity and not facts.reaches(self.min_severity):
            return False
        if self.min_counts and not any(facts.count(name) >= count for name, count in self.min_counts.items()):
            return False
        if not all(any(facts.count(name) for name in group) for group in self.combination):
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
        if any(facts.count(name) > count for name, count in self.max_counts.items()):
            return False
        return self.max_count is None or sum(detection.count for detection in facts.detections) <= self.max_count

    def rests_on(self, detection: Detection) -> bool:
        """Whether the detection is among those for which the rule matches an object; any, if it names none."""
        named = {*self.min_counts, *(name for group in self.combination for name in group)}
        if named and any(_has_name(detection, name) for name in named):
            return True
        return self._names(detection) and (self._names_detections or not named)

    @property
    def _names_detections(self) -> bool:
        return bool(self.categories or self.managed_identifiers or self.custom_identifiers)

    def _names(self, detection: Detection) -> bool:
        if not self._names_detections:
            return True
        is_custom = detection.category == CUSTOM_IDENTIFIER
        identifiers = self.custom_identifiers if is_custom else self.managed_identifiers
        return detection.category in self.categories or any(_has_name(detection, name) for name in identifiers)


_PROMOTE_BELOW_THRESHOLD = Rule(name="promote-below-threshold", then=Outcome.PROMOTE)


@dataclass(frozen=True, slots=True)
class Policy:
    """Threshold and rules for the objects of a run.

    Without arguments, the policy of ``high_only.json``: the threshold decides.

    :param quarantine_threshold: objects with a finding of this severity or above are quarantined, unless the first rule
        that matches overrides the threshold.
    :param promotion: whether objects are promoted one by one, or the run as a whole.
    :param rules: the first that matches decides.
    :param also: further policies that must allow an object as well; see :meth:`joined`.
    """

    name: str = "high_only"
    quarantine_threshold: Severity = Severity.HIGH
    promotion: Promotion = Promotion.EACH_BY_ITSELF
    rules: tuple[Rule, ...] = field(default=(_PROMOTE_BELOW_THRESHOLD,))
    also: tuple[Policy, ...] = ()

    def tightened(self, threshold: Severity, promotion: Promotion) -> Policy:
        """Return the policy with this threshold and this promotion, each applied only if stricter than its own.

        No rule overrides a stricter threshold.
        """
        is_stricter = threshold.rank < self.quarantine_threshold.rank
        return replace(
            self.without_overrides() if is_stricter else self,
            quarantine_threshold=min(self.quarantine_threshold, threshold, key=lambda severity: severity.rank),
            promotion=max(self.promotion, promotion, key=list(Promotion).index),
        )

    def without_overrides(self) -> Policy:
        """Return the policy with a threshold that no rule overrides."""
        return replace(self, rules=tuple(replace(rule, overrides_threshold=False) for rule in self.rules))

    def joined(self, other: Policy) -> Policy:
        """Return a policy that gives each object the stricter outcome of both, this one with the stricter threshold."""
        return replace(
            self.tightened(other.quarantine_threshold, other.promotion), also=(*self.also, other, *other.also)
        )

    def is_threshold_reached(self, facts: Facts) -> bool:
        """Whether the threshold of one of the joined policies quarantines the object."""
        return any(policy._quarantines(facts) for policy in (self, *self.also))

    def _quarantines(self, facts: Facts) -> bool:
        if not facts.reaches(self.quarantine_threshold):
            return False
        rule = self.first_match(facts)
        return not (rule and rule.overrides_threshold and facts.is_severity_explained)

    @property
    def masks(self) -> bool:
        """Whether a rule of one of the joined policies masks."""
        return any(rule.then is Outcome.MASK for policy in (self, *self.also) for rule in policy.rules)

    def matches(self, facts: Facts) -> list[Rule | None]:
        """Return the first matching rule of each of the joined policies, None for a policy without one."""
        return [policy.first_match(facts) for policy in (self, *self.also)]

    def rules_named(self, name: str | None) -> list[Rule]:
        """Return the rules of this name in the joined policies."""
        return [rule for policy in (self, *self.also) for rule in policy.rules if rule.name == name]

    def first_match(self, facts: Facts) -> Rule | None:
        """Return the first matching rule of this policy, ignoring joined ones; None without one.

        From the threshold on, a rule that does not override it allows nothing, and the next ones are checked.
        """
        is_reached = facts.reaches(self.quarantine_threshold)
        rules = (
            rule for rule in self.rules if rule.overrides_threshold or not (is_reached and rule.then.is_permission)
        )
        return next((rule for rule in rules if rule.matches(facts)), None)


_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
_COUNTS = {"type": "object", "minProperties": 1}
_SEVERITY = {"enum": [severity.value for severity in Severity]}
_RULE_PROPERTIES = {
    "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    "then": {"enum": [outcome.value for outcome in Outcome]},
    "min_severity": _SEVERITY,
    "max_severity": _SEVERITY,
    "min_count": {"type": "integer", "minimum": 1},
    "max_count": {"type": "integer", "minimum": 0},
    "min_counts": {**_COUNTS, "additionalProperties": {"type": "integer", "minimum": 1}},
    "max_counts": {**_COUNTS, "additionalProperties": {"type": "integer", "minimum": 0}},
    "combination": {"type": "array", "items": _TEXTS, "minItems": 2},
    "overrides_threshold": {"const": True},
    "masked_copies_only": {"const": True},
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
        elif key == "combination":
            conditions[key] = tuple(frozenset(group) for group in value)
        elif isinstance(value, list):
            conditions[key] = tuple(value) if key == "datasets" else frozenset(value)
        elif key != "description":
            conditions[key] = value
    return Rule(**{**conditions, "then": Outcome(item["then"])})


def _names_identifiers_alone(rule: Mapping[str, Any]) -> bool:
    return bool({"managed_identifiers", "custom_identifiers"} & rule.keys()) and "categories" not in rule


_UPPER_BOUNDS = {"max_severity": "min_severity", "max_count": "min_count", "max_counts": "min_counts"}
_ONLY_PROMOTE = {**_UPPER_BOUNDS, "overrides_threshold": "no such key"}
_ONLY_CATCH = {lower: upper for upper, lower in _UPPER_BOUNDS.items()} | {"combination": "max_counts"}
_REPLACEMENTS = {
    Outcome.PROMOTE: _ONLY_CATCH,
    Outcome.MASK: _ONLY_CATCH,
    Outcome.QUARANTINE: _ONLY_PROMOTE,
    Outcome.HOLD: _ONLY_PROMOTE,
}


def _misplaced(rules: list[Mapping[str, Any]]) -> Iterable[str]:
    """Yield problems that the schema cannot express: they would let more evidence loosen a decision, or hide a rule."""
    seen: set[str] = set()
    first_hold = first_mask = ""
    for number, rule in enumerate(rules):
        place, then = f"rules[{number}]", Outcome(rule["then"])
        for key, instead in _REPLACEMENTS[then].items():
            if key in rule:
                yield f"{place}.{key}: a rule that says {then} takes {instead}"
        if "overrides_threshold" in rule and not _names_identifiers_alone(rule):
            yield f"{place}.overrides_threshold: such a rule must name the identifiers that it allows, not categories"
        if then is Outcome.QUARANTINE and first_hold:
            yield f"{place}.then: a rule that quarantines must come before rules that hold ({first_hold})"
        if then is Outcome.PROMOTE and first_mask:
            yield f"{place}.then: a rule that promotes must come before rules that mask ({first_mask})"
        if rule["name"] in seen:
            yield f"{place}.name: {rule['name']!r} is the name of another rule"
        seen.add(rule["name"])
        first_hold = first_hold or (rule["name"] if then is Outcome.HOLD else "")
        first_mask = first_mask or (rule["name"] if then is Outcome.MASK else "")
