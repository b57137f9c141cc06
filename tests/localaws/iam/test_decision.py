"""Decisions from policies of all kinds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.iam.callers import Caller
from localaws.iam.decision import Decision, ResourcePolicy, decide
from localaws.iam.policy import Permission, Policy, read_policy

ACCOUNT, ROLE = "123456789012", "arn:aws:iam::123456789012:role/gate"
SESSION, ROOT = "arn:aws:sts::123456789012:assumed-role/gate/run", "arn:aws:iam::123456789012:root"
ASK = Permission("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q", {}, ACCOUNT)
NOTHING = ResourcePolicy()


def one(effect: str = "Allow", principal: Any = None, **more: Any) -> Policy:
    """A policy of one statement, which is about everything."""
    named = {} if principal is None else {"Principal": principal}
    return read_policy(
        {"Statement": {"Sid": f"{effect}s", "Effect": effect, "Action": "*", "Resource": "*", **named, **more}}
    )


def caller(*policies: Policy, boundary: Policy | None = None, session_policy: Policy | None = None) -> Caller:
    return Caller(SESSION, ROLE, ACCOUNT, "aws", "id", None, (), policies, boundary, session_policy)


def asked(who: Caller, policy: Policy = (), *, must_allow: bool = False, permission: Permission = ASK) -> Decision:
    return decide(who, permission, {}, ResourcePolicy(policy, must_allow))


@pytest.mark.parametrize(
    ("who", "of_resource", "is_allowed", "reason"),
    [
        (caller(), (), False, "because no identity-based policy allows the sqs:SendMessage action"),
        (caller(one()), (), True, ""),
        (caller(read_policy({}), one()), (), True, ""),
        (caller(one(), one("Deny")), (), False, "with an explicit deny in an identity-based policy"),
        (caller(one()), one("Deny", "*"), False, "with an explicit deny in a resource-based policy"),
        (caller(one()), one("Deny", {"AWS": ROLE}), False, "with an explicit deny in a resource-based policy"),
        (caller(one()), one("Deny", {"AWS": SESSION}), False, "with an explicit deny in a resource-based policy"),
        (caller(one()), one("Deny", {"AWS": ROOT}), False, "with an explicit deny in a resource-based policy"),
        (caller(one()), one("Deny", {"AWS": "arn:aws:iam::123456789012:role/other"}), True, ""),
        (caller(one()), one("Deny", {"Service": "macie.amazonaws.com"}), True, ""),
        (caller(), one("Allow", {"AWS": ROLE}), True, ""),
        (caller(), one("Allow", {"AWS": SESSION}), True, ""),
        (caller(), one("Allow", "*"), True, ""),
        (caller(), one("Allow", {"AWS": ROOT}), False, "because no identity-based policy allows"),
        (caller(), one("Allow", {"AWS": "arn:aws:iam::123456789012:role/other"}), False, "because no identity-based"),
        (caller(one(), boundary=()), (), False, "because no permissions boundary allows the sqs:SendMessage action"),
        (caller(one(), boundary=one()), (), True, ""),
        (caller(boundary=one()), (), False, "because no identity-based policy allows"),
        (caller(one(), boundary=one("Deny")), (), False, "with an explicit deny in a permissions boundary"),
        (caller(one(), session_policy=()), (), False, "because no session policy allows the sqs:SendMessage action"),
        (caller(one(), session_policy=one()), (), True, ""),
        (caller(one(), session_policy=one("Deny")), (), False, "with an explicit deny in a session policy"),
        (caller(boundary=()), one("Allow", {"AWS": ROLE}), False, "because no permissions boundary allows"),
        (caller(boundary=()), one("Allow", {"AWS": SESSION}), True, ""),
        (caller(boundary=one("Deny")), one("Allow", {"AWS": SESSION}), False, "with an explicit deny in a permissions"),
    ],
)
def test_one_account(who: Caller, of_resource: Policy, is_allowed: bool, reason: str) -> None:
    decision = asked(who, of_resource)
    assert decision.is_allowed is is_allowed
    assert decision.reason.startswith(reason)
    assert bool(decision.reason) is not is_allowed


@pytest.mark.parametrize(
    ("who", "of_key", "is_allowed"),
    [
        (caller(one()), one("Allow", {"AWS": ROOT}), True),
        (caller(one()), one("Allow", {"AWS": ACCOUNT}), True),
        (caller(), one("Allow", {"AWS": ROOT}), False),
        (caller(), one("Allow", {"AWS": ROLE}), True),
        (caller(one()), (), False),
        (caller(one()), one("Allow", {"AWS": "arn:aws:iam::123456789012:role/other"}), False),
        (caller(one()), one("Allow", {"AWS": "arn:aws:iam::210987654321:root"}), False),
    ],
)
def test_identities_count_for_a_key_only_if_its_policy_lets_them(who: Caller, of_key: Policy, is_allowed: bool) -> None:
    decision = asked(who, of_key, must_allow=True)
    assert decision.is_allowed is is_allowed
    if not is_allowed and who.identity_policies:
        assert decision.reason == "because no resource-based policy allows the sqs:SendMessage action"


@pytest.mark.parametrize(
    ("who", "of_resource", "is_allowed"),
    [
        (caller(one()), (), False),
        (caller(), one("Allow", {"AWS": ROLE}), False),
        (caller(), one("Allow", {"AWS": SESSION}), False),
        (caller(one()), one("Allow", {"AWS": ROLE}), True),
        (caller(one()), one("Allow", {"AWS": ROOT}), True),
    ],
)
def test_both_accounts_have_to_allow_what_is_about_the_other(
    who: Caller, of_resource: Policy, is_allowed: bool
) -> None:
    elsewhere = Permission(ASK.action, ASK.resource, {}, "210987654321")
    assert asked(who, of_resource, permission=elsewhere).is_allowed is is_allowed


@pytest.mark.parametrize(
    ("left_out", "is_allowed"),
    [
        ([SESSION, ROLE, ROOT], True),
        ([SESSION, ROLE], False),
        ([ROLE, ROOT], False),
        ([SESSION, ROOT], False),
        ([], False),
    ],
)
def test_not_principal_leaves_out_who_is_named_in_full(left_out: list[str], is_allowed: bool) -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": left_out}, "Action": "*", "Resource": "*"}
    assert asked(caller(one()), read_policy({"Statement": statement})).is_allowed is is_allowed


def test_the_statement_that_decided_is_named() -> None:
    assert asked(caller(one())).by == "Allows"
    assert asked(caller(one()), one("Deny", "*")).by == "Denys"
    assert asked(caller(), one("Allow", "*")).by == "Allows"
    assert asked(caller()).by == ""


def test_a_resource_without_a_policy_leaves_it_to_the_identity() -> None:
    assert decide(caller(one()), ASK, {}, NOTHING).is_allowed
    assert not decide(caller(), ASK, {}, NOTHING).is_allowed


def test_a_policy_of_a_resource_without_principals_applies_to_no_caller() -> None:
    assert not asked(caller(), one()).is_allowed
    assert not asked(caller(one()), one(), must_allow=True).is_allowed
    assert asked(caller(one()), one("Deny")).is_allowed


PLACES = st.lists(st.sampled_from(["identity", "resource", "boundary", "session"]), max_size=4)


@given(PLACES, PLACES.filter(bool))
def test_an_explicit_deny_wins_wherever_it_is_and_whatever_allows(allowing: list[str], denying: list[str]) -> None:
    def policy(place: str, principal: Any = None) -> Policy:
        allowed = one("Allow", principal) if place in allowing else ()
        return allowed + (one("Deny", principal) if place in denying else ())

    who = caller(policy("identity"), boundary=policy("boundary"), session_policy=policy("session"))
    decision = asked(who, policy("resource", "*"))
    assert not decision.is_allowed
    assert decision.reason.startswith("with an explicit deny in a")
