"""Patterns, ARNs and policy variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.iam.matching import expand, matches, matches_arn

KEYS = {"aws:username": ("bob",), "aws:principaltag/team": ("a*b",), "s3:prefix": ("one", "two")}
TEXTS = st.text("ab*?[].:/\n", max_size=8)


def by_hand(pattern: str, text: str) -> bool:
    """The definition of the two wildcards, without regular expressions."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(by_hand(pattern[1:], text[index:]) for index in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and by_hand(pattern[1:], text[1:])


@given(TEXTS, TEXTS)
def test_a_pattern_matches_what_its_wildcards_mean_and_no_other_character_is_special(pattern: str, text: str) -> None:
    assert matches(pattern, text, {}) is by_hand(pattern, text)


@given(TEXTS)
def test_a_star_matches_all(text: str) -> None:
    assert matches("*", text, {})


@pytest.mark.parametrize(
    ("pattern", "text", "has_case", "expected"),
    [
        ("s3:Get*", "S3:getobject", False, True),
        ("s3:Get*", "S3:getobject", True, False),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::a/b/c", True, True),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::a", True, False),
        ("home/${aws:username}/*", "home/bob/x", True, True),
        ("home/${AWS:UserName}/*", "home/bob/x", True, True),
        ("home/${aws:username}/*", "home/eve/x", True, False),
        ("${aws:PrincipalTag/team}", "a*b", True, True),
        ("${aws:PrincipalTag/team}", "axb", True, False),
        ("${aws:nothing}*", "", True, False),
        ("${aws:nothing, 'all'}", "all", True, True),
        ("${aws:username, 'all'}", "all", True, False),
        ("${s3:prefix}", "one", True, False),
        ("${*}${?}${$}", "*?$", True, True),
        ("${*}", "x", True, False),
        ("${AWS:UserName}", "BOB", False, True),
    ],
)
def test_case_and_variables(pattern: str, text: str, has_case: bool, expected: bool) -> None:
    assert matches(pattern, text, KEYS, has_case=has_case) is expected


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a/b", True),
        ("arn:aws:iam::*:role/gate", "arn:aws:iam::1:role/gate", True),
        ("arn:*:role/gate", "arn:aws:iam::1:role/gate", False),
        ("*", "arn:aws:iam::1:role/gate", False),
        ("arn:aws:sns:*:1:a*", "arn:aws:sns:us-east-1:1:a:b", True),
        ("arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/bob", True),
        ("arn:aws:iam::2:role/gate", "arn:aws:iam::1:role/gate", False),
    ],
)
def test_arns_are_compared_part_by_part(pattern: str, arn: str, expected: bool) -> None:
    assert matches_arn(pattern, arn, KEYS) is expected


def test_a_text_is_expanded_only_when_the_request_has_all_values() -> None:
    assert expand("plain * text", KEYS) == "plain * text"
    assert expand("${aws:username}/${*}", KEYS) == "bob/*"
    assert expand("${aws:username}/${aws:nothing}", KEYS) is None
