"""The policies that decided a run, from its record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lake_gate.display import facts


def policies_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the policies that decided: the feed's, and the run's if that is another one."""
    policy = facts.member(record, "rules", "policy")
    return [_described(item) for item in (policy, facts.member(policy, "also")) if facts.text(item, "name")]


def _described(policy: Any) -> dict[str, Any]:
    return {
        "name": facts.text(policy, "name"),
        "sha256": facts.text(policy, "sha256"),
        "content": facts.member(policy, "content"),
        "threshold": facts.text(policy, "quarantine_threshold"),
        "promotion": facts.text(policy, "promotion"),
    }


def rule_descriptions(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the description of each rule of the policies, by its name."""
    rules = [rule for policy in policies_of(record) for rule in facts.mappings(policy["content"], "rules")]
    return {facts.text(rule, "name"): facts.text(rule, "description") for rule in rules}
