"""The decision about a request, with the reason as AWS words it.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from localaws.iam.callers import Caller
from localaws.iam.matching import Keys
from localaws.iam.policy import Permission, Policy, Principals, Statement


class Kind(StrEnum):
    """The kinds of policies, as messages call them."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy of a resource.

    :param must_allow: policies of identities count only if this one lets them, as that of a key or of a role:
        https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """

    policy: Policy = ()
    must_allow: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer; ``by`` is the Sid (or the number) of the statement that decided, empty when none did."""

    is_allowed: bool
    by: str = ""
    reason: str = ""


def decide(caller: Caller, permission: Permission, keys: Keys, of_resource: ResourcePolicy) -> Decision:
    """Decide about a permission: an explicit Deny anywhere wins; then a statement has to allow it."""
    of_identity = _applying(caller.identity_policies, permission, keys)
    named = [
        statement
        for statement in _applying([of_resource.policy], permission, keys)
        if _is_about(statement.principals, caller)
    ]
    limits = {
        kind: _applying([policy], permission, keys)
        for kind, policy in ((Kind.BOUNDARY, caller.boundary), (Kind.SESSION, caller.session_policy))
        if policy is not None
    }
    for kind, statements in ((Kind.IDENTITY, of_identity), (Kind.RESOURCE, named), *limits.items()):
        if denying := _first(statements, is_allow=False):
            return Decision(False, denying.sid, f"with an explicit deny in a{_n(kind)} {kind}")
    return _allowed(caller, permission, of_resource, of_identity, named, limits)


def _allowed(
    caller: Caller,
    permission: Permission,
    of_resource: ResourcePolicy,
    of_identity: list[Statement],
    named: list[Statement],
    limits: dict[Kind, list[Statement]],
) -> Decision:
    by_identity, by_resource = (
        _first(of_identity),
        _first([statement for statement in named if _names(statement.principals, caller)]),
    )
    is_elsewhere = permission.account_id not in (None, caller.account_id)
    if (of_resource.must_allow or is_elsewhere) and not _first(named):
        return _refused(permission, Kind.RESOURCE)
    if is_elsewhere and by_identity is None:
        return _refused(permission, Kind.IDENTITY)
    if by_resource and by_resource.principals and by_resource.principals.name(caller.arn) and not is_elsewhere:
        return Decision(True, by_resource.sid)  # a grant to the session or the user itself is not limited further
    by = by_identity or by_resource
    if by is None:
        return _refused(permission, Kind.IDENTITY)
    for kind, statements in limits.items():
        if _first(statements) is None:
            return _refused(permission, kind)
    return Decision(True, by.sid)


def _refused(permission: Permission, kind: Kind) -> Decision:
    return Decision(False, "", f"because no {kind} allows the {permission.action} action")


def _applying(policies: Iterable[Policy], permission: Permission, keys: Keys) -> list[Statement]:
    return [statement for policy in policies for statement in policy if statement.applies_to(permission, keys)]


def _first(statements: Iterable[Statement], *, is_allow: bool = True) -> Statement | None:
    return next((statement for statement in statements if statement.is_allow is is_allow), None)


def _names(principals: Principals | None, caller: Caller) -> bool:
    """Return whether the caller itself is named, and not only its account.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    return principals is not None and (
        principals.is_anyone or principals.name(caller.arn) or principals.name(caller.principal_arn)
    )


def _is_about(principals: Principals | None, caller: Caller) -> bool:
    """Return whether a statement of a resource's policy is about the caller, or about its account.

    NotPrincipal excludes a caller only if it names the session, its role and the account.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    if principals is None:
        return False
    if not principals.is_negated:
        return _names(principals, caller) or principals.names_account(caller.account_id)
    is_named = principals.name(caller.arn) and principals.name(caller.principal_arn)
    return not (is_named and principals.names_account(caller.account_id))


def _n(kind: Kind) -> str:
    return "n" if kind[0] in "aeiou" else ""
