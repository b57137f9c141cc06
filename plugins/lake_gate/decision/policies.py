"""Read the policies in ``include/policies``, and choose the one for a run."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lake_gate.decision import policy
from lake_gate.decision.policy import Policy, Promotion
from lake_gate.errors import DamagedDocumentError, FinalGateError, PolicyError
from lake_gate.include import fingerprint, include_path
from lake_gate.model.evidence import Severity
from lake_gate.model.run import PLAN
from lake_gate.model.schema import iter_redacted_problems

log = logging.getLogger(__name__)

_POLICY_NAME = re.compile(r"[a-z0-9_-]+")
DEFAULT_POLICY = "default"
"""Policy for objects without a run that decided about them."""
_TEXT = {"type": "string"}
_NAME_AND_HASH = {"type": "object", "properties": {"name": _TEXT, "sha256": _TEXT}, "required": ["name"]}
_POLICY = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "sha256": _TEXT,
        "quarantine_threshold": {"enum": [severity.value for severity in Severity]},
        "promotion": {"enum": [promotion.value for promotion in Promotion]},
        "also": _NAME_AND_HASH,
    },
    "required": ["name", "quarantine_threshold", "promotion"],
}


def read_policy(name: str) -> tuple[Policy, str]:
    """Return the policy with this name, and its :func:`fingerprint`.

    :raises PolicyError: when the name is not allowed, or the file is not a valid policy; names every wrong key.
    """
    read, content = _read(name)
    return read, fingerprint(content)


def _read(name: str) -> tuple[Policy, Any]:
    """Return the policy, and the content of its file."""
    if not _POLICY_NAME.fullmatch(name):  # it may come from a document, and becomes part of a path
        raise PolicyError("include/policies", "the name of a policy contains only a-z, 0-9, _ and -")
    path = include_path(f"policies/{name}.json")
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return policy.parse(name, content), content
    except ValueError as problem:
        raise PolicyError(path, str(problem)) from None


def choose_policy(
    of_feed: str, of_run: str, threshold: Severity, promotion: Promotion
) -> tuple[Policy, dict[str, Any]]:
    """Return the policy for a run, and its description for ``plan.json``.

    If run and feed name different policies, each object gets the stricter outcome of both.

    The description has the content of the files, so that the record explains the decisions after a change of them.

    :param threshold: threshold that the run asks for; applied only if stricter than that of the policies.
    :param promotion: promotion that the run asks for; applied only if stricter than that of the policies.
    :raises PolicyError: when a policy is not valid.
    """
    policy, content = _read(of_feed)
    also: dict[str, Any] = {}
    if of_run != of_feed:
        other, of_other = _read(of_run)
        described = {"name": other.name, "sha256": fingerprint(of_other), "content": of_other}
        policy, also = policy.joined(other), {"also": described}
    policy = policy.tightened(threshold, promotion)
    return policy, {
        "name": policy.name,
        "sha256": fingerprint(content),
        "content": content,
        "quarantine_threshold": policy.quarantine_threshold,
        "promotion": policy.promotion,
        **also,
    }


def policy_of(basis: Mapping[str, Any]) -> Policy:
    """Return the policy that a run was decided by, from the current policy files.

    The default policy replaces one whose file is gone or not valid any longer.

    :param basis: content of ``plan.json``; if it is empty, the default policy is returned.
    :raises DamagedDocumentError: when the plan does not describe the policy.
    """
    if not basis:
        return read_policy(DEFAULT_POLICY)[0]
    described: Mapping[str, Any] = basis.get("policy") or {}
    if problems := list(iter_redacted_problems(_POLICY, described)):
        raise DamagedDocumentError(PLAN, f"policy: {problems[0]}")
    policy = _read_or_default(described["name"])
    if "also" in described:
        policy = policy.joined(_read_or_default(described["also"]["name"]))
    return policy.tightened(Severity(described["quarantine_threshold"]), Promotion(described["promotion"]))


def _read_or_default(name: str) -> Policy:
    try:
        return read_policy(name)[0]
    except FinalGateError:
        log.warning("A policy of the run can no longer be read; the default policy is used instead")
        return read_policy(DEFAULT_POLICY)[0].without_overrides()
