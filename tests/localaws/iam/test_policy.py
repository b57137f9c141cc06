"""Reading policies, and which of their statements apply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localaws.iam.policy import Permission, Principals, read_policy

GET = Permission("s3:GetObject", "arn:aws:s3:::bronze/a/b.csv")


def applies(statement: dict[str, Any], permission: Permission = GET) -> bool:
    whole = {"Effect": "Allow", **statement}
    [read] = read_policy({"Statement": whole})
    return read.applies_to(permission, {"aws:securetransport": ("true",)})


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "s3:GetObject", "Resource": "*"}, True),
        ({"Action": "S3:getobject", "Resource": "*"}, True),
        ({"Action": ["s3:PutObject", "s3:Get*"], "Resource": "*"}, True),
        ({"Action": "*", "Resource": "*"}, True),
        ({"Action": "s3:GetObjectVersion", "Resource": "*"}, False),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::bronze/*"}, True),
        ({"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::silver/*", "arn:aws:s3:::bronze/a/*"]}, True),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::BRONZE/*"}, False),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::bronze"}, False),
        ({"NotAction": "s3:GetObject", "Resource": "*"}, False),
        ({"NotAction": ["s3:Put*", "sns:*"], "Resource": "*"}, True),
        ({"Action": "s3:*", "NotResource": "arn:aws:s3:::bronze/*"}, False),
        ({"Action": "s3:*", "NotResource": "arn:aws:s3:::silver/*"}, True),
        ({"Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": True}}}, True),
        ({"Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
        (
            {
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}, "Null": {"aws:SecureTransport": "true"}},
            },
            False,
        ),
        ({"Action": "s3:GetObject"}, True),
    ],
)
def test_a_statement_applies_when_action_resource_and_all_conditions_do(
    statement: dict[str, Any], expected: bool
) -> None:
    assert applies(statement) is expected


@pytest.mark.parametrize("form", [lambda text: text, str.encode, json.loads])
def test_a_policy_is_read_in_each_form_that_moto_keeps_it_in(form: Any) -> None:
    text = json.dumps({"Statement": [{"Sid": "One", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
    [statement] = read_policy(form(text))
    assert (statement.sid, statement.is_allow, statement.principals) == ("One", False, None)


@pytest.mark.parametrize("nothing", [None, "", b"", {}, {"Statement": []}])
def test_no_policy_has_no_statements(nothing: Any) -> None:
    assert read_policy(nothing) == ()


def test_a_statement_without_a_sid_goes_by_its_number() -> None:
    each = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert [item.sid for item in read_policy({"Statement": [each, {**each, "Sid": "Named"}, each]})] == [
        "0",
        "Named",
        "2",
    ]


@pytest.mark.parametrize(
    ("principal", "arns", "is_anyone", "services"),
    [
        ("*", ("*",), True, ()),
        ({"AWS": "*"}, ("*",), True, ()),
        ({"AWS": ["arn:aws:iam::1:role/a", "2"]}, ("arn:aws:iam::1:role/a", "2"), False, ()),
        ({"Service": "macie.amazonaws.com"}, (), False, ("macie.amazonaws.com",)),
    ],
)
def test_principals_are_read(principal: Any, arns: tuple[str, ...], is_anyone: bool, services: tuple[str, ...]) -> None:
    for element, is_negated in (("Principal", False), ("NotPrincipal", True)):
        [statement] = read_policy({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", element: principal}})
        assert statement.principals == Principals(arns, is_anyone, is_negated, services)


@pytest.mark.parametrize(
    ("principal", "is_about"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"Service": ["sns.amazonaws.com", "macie.amazonaws.com"]}}, True),
        ({"Principal": {"AWS": "123456789012"}}, False),
        ({"NotPrincipal": {"Service": "macie.amazonaws.com"}}, False),
        ({"NotPrincipal": {"Service": "sns.amazonaws.com"}}, True),
    ],
    ids=str,
)
def test_statement_is_about_a_service_that_it_names_or_does_not_leave_out(principal: Any, is_about: bool) -> None:
    [statement] = read_policy({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", **principal}})
    assert statement.principals
    assert statement.principals.is_about_service("macie.amazonaws.com") is is_about


def test_an_account_is_named_by_its_id_or_its_root() -> None:
    principals = Principals(("111", "arn:aws:iam::222:root", "arn:aws:iam::333:role/a"), False, False)
    assert [principals.names_account(item) for item in ("111", "222", "333")] == [True, True, False]
    assert principals.name("arn:aws:iam::333:role/a")
    assert not principals.name("arn:aws:iam::333:role/b")
