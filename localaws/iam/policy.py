"""Policies as statements, and which statements apply to a request.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from localaws.iam.conditions import Condition
from localaws.iam.matching import Keys, matches


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission that a request needs; a request can need several.

    :param resource: the ARN, ``*`` when the action is about none.
    :param keys: what the condition keys of the service are; those of every service are added later.
    :param account_id: of the resource; None: the caller's.
    """

    action: str
    resource: str
    keys: Keys = field(default_factory=dict)
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class Principals:
    """The principals of a statement in a resource's policy."""

    arns: tuple[str, ...]
    is_anyone: bool
    is_negated: bool
    services: tuple[str, ...] = ()

    def name(self, identity: str) -> bool:
        """Return whether this very ARN is named."""
        return identity in self.arns

    def is_about_service(self, service: str) -> bool:
        """Return whether a statement is about a service that calls by itself: ``*`` stands for services, too."""
        return (self.is_anyone or service in self.services) is not self.is_negated

    def names_account(self, account_id: str) -> bool:
        """Return whether the account is named, by its id or its root's ARN."""
        return any(arn == account_id or arn.endswith(f":iam::{account_id}:root") for arn in self.arns)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; ``principals`` is None in the policy of an identity."""

    sid: str
    is_allow: bool
    actions: tuple[str, ...]
    are_actions_negated: bool
    resources: tuple[str, ...] | None
    are_resources_negated: bool
    conditions: tuple[Condition, ...]
    principals: Principals | None

    def applies_to(self, permission: Permission, keys: Keys) -> bool:
        """Return whether action, resource and conditions match; whose request it is, only the caller's side knows."""
        return (
            any(matches(pattern, permission.action, keys, has_case=False) for pattern in self.actions)
            is not self.are_actions_negated
            and self._is_about(permission.resource, keys)
            and all(condition.holds(keys) for condition in self.conditions)
        )

    def _is_about(self, resource: str, keys: Keys) -> bool:
        if self.resources is None:  # a role's trust policy is about its role
            return True
        return any(matches(pattern, resource, keys) for pattern in self.resources) is not self.are_resources_negated


type Policy = tuple[Statement, ...]


def read_policy(document: str | bytes | Mapping[str, Any] | None) -> Policy:
    """Read a policy as moto keeps it; no document is a policy without statements.

    :raises ValueError: for what is not JSON, or has a condition operator that IAM does not have.
    """
    if not document:
        return ()
    return _read(json.dumps(document) if isinstance(document, Mapping) else document)


@lru_cache(maxsize=512)
def _read(text: str | bytes) -> Policy:
    document = json.loads(text)
    statements = document.get("Statement", [])
    each = [statements] if isinstance(statements, dict) else statements
    return tuple(_statement(statement, str(index)) for index, statement in enumerate(each))


def _statement(raw: Mapping[str, Any], index: str) -> Statement:
    resources = raw.get("Resource", raw.get("NotResource"))
    return Statement(
        sid=raw.get("Sid") or index,
        is_allow=raw["Effect"] == "Allow",
        actions=_texts(raw.get("Action", raw.get("NotAction"))),
        are_actions_negated="NotAction" in raw,
        resources=None if resources is None else _texts(resources),
        are_resources_negated="NotResource" in raw,
        conditions=tuple(_conditions(raw.get("Condition", {}))),
        principals=_principals(raw),
    )


def _principals(raw: Mapping[str, Any]) -> Principals | None:
    """Keep the principals that a caller can be: federated ones never call the local AWS."""
    value = raw.get("Principal", raw.get("NotPrincipal"))
    if value is None:
        return None
    arns = ("*",) if value == "*" else _texts(value.get("AWS", ()))
    services = () if value == "*" else _texts(value.get("Service", ()))
    return Principals(arns, "*" in arns, "NotPrincipal" in raw, services)


def _conditions(raw: Mapping[str, Mapping[str, Any]]) -> Iterator[Condition]:
    for operator, keys in raw.items():
        for key, wanted in keys.items():
            yield Condition(operator, key, _texts(wanted))


def _texts(value: Any) -> tuple[str, ...]:
    """Return values as texts in the form of JSON: a policy may have true for "true"."""
    each = value if isinstance(value, (list, tuple)) else [value]
    return tuple(element if isinstance(element, str) else json.dumps(element) for element in each)
