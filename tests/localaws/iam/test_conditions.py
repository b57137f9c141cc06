"""Condition operators, one table for all of them."""

from __future__ import annotations

import pytest

from localaws.iam.conditions import Condition

ROLE = "arn:aws:iam::1:role/gate"
KEYS = {
    "aws:principalarn": (ROLE,),
    "aws:securetransport": ("true",),
    "aws:sourceip": ("10.0.0.7",),
    "aws:currenttime": ("2026-01-02T00:00:00+00:00",),
    "aws:epochtime": ("1767312000",),
    "aws:username": ("bob",),
    "aws:tagkeys": ("team", "cost"),
    "s3:max-keys": ("10",),
    "s3:prefix": ("run/One",),
}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "expected"),
    [
        ("StringEquals", "s3:prefix", ["run/One"], True),
        ("StringEquals", "S3:PREFIX", ["other", "run/One"], True),
        ("StringEquals", "s3:prefix", ["run/one"], False),
        ("StringEquals", "s3:prefix", ["run/*"], False),
        ("StringEquals", "aws:username", ["${aws:username}"], True),
        ("StringEquals", "aws:username", ["${aws:nothing}"], False),
        ("StringNotEquals", "s3:prefix", ["run/One"], False),
        ("StringNotEquals", "s3:prefix", ["a", "run/One"], False),
        ("StringNotEquals", "s3:prefix", ["a", "b"], True),
        ("StringEqualsIgnoreCase", "s3:prefix", ["RUN/one"], True),
        ("StringEqualsIgnoreCase", "s3:prefix", ["RUN/two"], False),
        ("StringEqualsIgnoreCase", "s3:prefix", ["${aws:nothing}"], False),
        ("StringNotEqualsIgnoreCase", "s3:prefix", ["RUN/one"], False),
        ("StringNotEqualsIgnoreCase", "s3:prefix", ["RUN/two"], True),
        ("StringLike", "s3:prefix", ["run/*"], True),
        ("StringLike", "s3:prefix", ["run/O?e"], True),
        ("StringLike", "s3:prefix", ["un/*"], False),
        ("StringNotLike", "s3:prefix", ["run/*"], False),
        ("StringNotLike", "s3:prefix", ["un/*"], True),
        ("ArnEquals", "aws:PrincipalArn", ["arn:aws:iam::1:role/*"], True),
        ("ArnEquals", "aws:PrincipalArn", ["arn:*"], False),
        ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/gate"], True),
        ("ArnLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/other"], False),
        ("ArnNotEquals", "aws:PrincipalArn", [ROLE], False),
        ("ArnNotEquals", "aws:PrincipalArn", ["arn:aws:iam::2:role/gate"], True),
        ("ArnNotLike", "aws:PrincipalArn", ["arn:aws:iam::1:role/g*"], False),
        ("ArnNotLike", "aws:PrincipalArn", ["arn:aws:iam::1:role/h*"], True),
        ("Bool", "aws:SecureTransport", ["true"], True),
        ("Bool", "aws:SecureTransport", ["True"], True),
        ("Bool", "aws:SecureTransport", ["false"], False),
        ("BinaryEquals", "aws:username", ["bob"], True),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/24"], True),
        ("IpAddress", "aws:SourceIp", ["10.0.1.0/24"], False),
        ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/24"], False),
        ("NotIpAddress", "aws:SourceIp", ["10.0.1.0/24"], True),
        ("NumericEquals", "s3:max-keys", ["10.0"], True),
        ("NumericEquals", "s3:max-keys", ["9"], False),
        ("NumericNotEquals", "s3:max-keys", ["10"], False),
        ("NumericNotEquals", "s3:max-keys", ["9"], True),
        ("NumericLessThan", "s3:max-keys", ["10"], False),
        ("NumericLessThan", "s3:max-keys", ["11"], True),
        ("NumericLessThanEquals", "s3:max-keys", ["10"], True),
        ("NumericLessThanEquals", "s3:max-keys", ["9"], False),
        ("NumericGreaterThan", "s3:max-keys", ["10"], False),
        ("NumericGreaterThan", "s3:max-keys", ["9"], True),
        ("NumericGreaterThanEquals", "s3:max-keys", ["10"], True),
        ("NumericGreaterThanEquals", "s3:max-keys", ["11"], False),
        ("DateEquals", "aws:CurrentTime", ["2026-01-02T00:00:00Z"], True),
        ("DateNotEquals", "aws:CurrentTime", ["2026-01-02T00:00:00Z"], False),
        ("DateLessThan", "aws:CurrentTime", ["2026-01-03"], True),
        ("DateLessThan", "aws:CurrentTime", ["2026-01-02"], False),
        ("DateGreaterThan", "aws:EpochTime", ["2026-01-01T00:00:00Z"], True),
        ("DateGreaterThan", "aws:EpochTime", ["1767312000"], False),
        ("Null", "aws:username", ["false"], True),
        ("Null", "aws:username", ["true"], False),
        ("Null", "aws:nothing", ["true"], True),
        ("Null", "aws:nothing", ["false"], False),
    ],
)
def test_an_operator_holds(operator: str, key: str, wanted: list[str], expected: bool) -> None:
    assert Condition(operator, key, tuple(wanted)).holds(KEYS) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringEqualsIfExists", True),
        ("StringNotEquals", True),
        ("StringNotEqualsIfExists", True),
        ("ArnNotLike", True),
        ("Bool", False),
        ("BoolIfExists", True),
        ("NumericLessThan", False),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAllValues:StringNotEquals", True),
    ],
)
def test_a_key_that_the_request_does_not_have_is_decided_by_the_operator(operator: str, expected: bool) -> None:
    assert Condition(operator, "aws:nothing", ("1",)).holds(KEYS) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("ForAnyValue:StringEquals", ["team"], True),
        ("ForAnyValue:StringEquals", ["other"], False),
        ("ForAllValues:StringEquals", ["team"], False),
        ("ForAllValues:StringEquals", ["team", "cost", "more"], True),
        ("ForAllValues:StringLike", ["*"], True),
        ("ForAnyValue:StringNotEquals", ["team"], True),
        ("ForAnyValue:StringNotEquals", ["team", "cost"], False),
        ("ForAllValues:StringNotEquals", ["team"], False),
        ("ForAllValues:StringNotEquals", ["other"], True),
        ("StringEquals", ["team"], True),
        ("StringNotEquals", ["team"], False),
        ("StringNotEquals", ["other"], True),
    ],
)
def test_a_key_with_several_values_is_decided_by_the_quantifier(
    operator: str, wanted: list[str], expected: bool
) -> None:
    assert Condition(operator, "aws:TagKeys", tuple(wanted)).holds(KEYS) is expected


@pytest.mark.parametrize("operator", ["StringIs", "ForSomeValues:StringEquals", "stringEquals"])
def test_an_operator_that_iam_does_not_have_is_an_error_and_never_a_permission(operator: str) -> None:
    with pytest.raises(ValueError, match="IAM has no condition operator"):
        Condition(operator, "aws:username", ("bob",))
