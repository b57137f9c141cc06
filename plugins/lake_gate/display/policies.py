"""The policies and exceptions that decided a run, from its record. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lake_gate.display import facts
from lake_gate.model.words import counted

MOST_PROBLEMS = 20
"""Most problems with exceptions that are shown."""
_OF_FILE = " is not a valid list of exceptions"
"""Part of the sentence of :class:`lake_gate.errors.ExceptionFileError`."""


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


def exception_problems(record: Mapping[str, Any]) -> list[str]:
    """Return what was wrong with the exceptions of the feed when the run decided, in sentences; not all if many."""
    return first_problems(facts.texts(record, "rules", "standing_exceptions", "problems"))


def first_problems(problems: Sequence[str]) -> list[str]:
    """Return the problems that are shown, and the number of the others.

    What is wrong in a feed's file is left to the log, as it has texts of the file.
    """
    left_out = len(problems) - MOST_PROBLEMS
    return [
        *map(_without_content, problems[:MOST_PROBLEMS]),
        *([f"And {counted(left_out, 'more problem')}."] if left_out > 0 else []),
    ]


def _without_content(problem: str) -> str:
    path, is_of_file, _ = problem.partition(_OF_FILE)
    name = "/".join(path.split("/")[-3:])
    return (
        f"{name}{_OF_FILE}, so no exception is used. The log of decide names what is wrong." if is_of_file else problem
    )
