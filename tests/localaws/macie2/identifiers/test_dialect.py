"""The dialect of custom identifiers: what is refused, and that both engines read the rest alike."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localaws.macie2.identifiers import RegexError, validate_regex
from localaws.macie2.identifiers.dialect import compile_regex
from tests.examples import examples


@pytest.mark.parametrize(
    ("regex", "word"),
    [
        (r"(a)\1", "backreferences"),
        (r"(?P<x>a)", "named capturing groups"),
        (r"(?P=x)", "backreferences"),
        (r"\k<x>", "backreferences"),
        (r"a(?=b)", "look-ahead"),
        (r"a(?!b)", "look-ahead"),
        (r"(?<=a)b", "look-behind"),
        (r"(?<!a)b", "look-behind"),
        (r"(?>a)", "atomic"),
        (r"(?(1)a|b)", "conditionals"),
        (r"(?R)", "recursion"),
        (r"(?{code})", "embedded code"),
        (r"(?x)a b", "not supported"),
        (r"a++", "Possessive"),
        (r"\d{100,1000}", "Bounded repeats"),
        (r"(a{40}){40}", "Bounded repeats"),
        (r"a*b*a*", "Repeated wildcards"),
        (r"a{99999999999}", "Bounded repeats"),
        (r"\Qx\E", "escape"),
        ("a" * 513, "512"),
        ("", "empty"),
        ("(" * 200, "nested"),
        ("(a", "unclosed"),
        ("a)", "unmatched"),
        ("[a", "unclosed"),
        ("[z-a]", "wrong order"),
        ("*a", "nothing to repeat"),
        ("a**", "quantifier of a quantifier"),
        ("\\", "backslash"),
    ],
)
def test_regex_is_refused_with_what_is_not_supported(regex: str, word: str) -> None:
    with pytest.raises(RegexError, match=word):
        validate_regex(regex)


@pytest.mark.parametrize(
    ("regex", "match", "near_miss"),
    [
        (
            r"[a-z,0-9]{8}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{12}",
            "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
            "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5",
        ),
        (r"[S]{1}\d{8}", "S12345678", "S1234567"),
        (r"(AC|EM)-(?:\d{3})", "EM-123", "AM-123"),
        (r"\d{100,}", "7" * 100, "7" * 99),
        (r"(?i)mrn-?\d+", "MRN1", "MR1"),
        (r"[[a&&b]", "&", "c"),
        (r"[]\w.-]+", "]-.", "+"),
        (r"a{,3}x{", "a{,3}x{", "aaax"),
        (r"\bx\B", "xy", "x y"),
        (r"\p{Lu}\p{L}+", "Éa", "éa"),
        (r"\x41\x{1F600}", "A\U0001f600", "B\U0001f600"),
    ],
)
def test_regex_of_the_subset_is_accepted_and_matches_what_it_describes(regex: str, match: str, near_miss: str) -> None:
    validate_regex(regex)
    compiled = compile_regex(regex)
    assert [bool(compiled.re2.search(text)) for text in (match, near_miss)] == [True, False]
    assert pl.Series([match, near_miss]).str.contains(compiled.rust).to_list() == [True, False]


@pytest.mark.parametrize(
    ("regex", "text"),
    [(r"\d", "٣"), (r"\w", "é"), (r"\s", "\u00a0"), (r"[\d]", "٣"), (r"\bx", "yx"), (r"[a&&b]x", "cx")],
)
def test_classes_are_ascii_in_both_engines(regex: str, text: str) -> None:
    compiled = compile_regex(regex)
    assert compiled.re2.search(text) is None
    assert pl.Series([text]).str.contains(compiled.rust).to_list() == [False]


@settings(max_examples=examples(150), deadline=None)
@given(
    st.text(alphabet="ab1é-[]()^$.*+?|{}\\dwsbDWS,2i:& ", min_size=1, max_size=12),
    st.lists(st.text(alphabet="ab1é٣-_ \n.,", max_size=8), min_size=1, max_size=5),
)
def test_both_engines_agree_on_every_regex_that_is_accepted(regex: str, texts: list[str]) -> None:
    try:
        compiled = compile_regex(regex)
    except RegexError:
        return
    assert pl.Series(texts).str.contains(compiled.rust).to_list() == [bool(compiled.re2.search(text)) for text in texts]
