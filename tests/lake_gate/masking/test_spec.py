"""Masking specs: what is valid, and what an error names."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lake_gate.masking.spec import Method, parse
from tests.lake_gate.masking.tables import KEEP, NULL, SHIFT, THIS_YEAR, TOKEN, content_of, spec_of


def test_spec_is_read_with_names_in_lower_case() -> None:
    spec = spec_of({"PATIENT": TOKEN, "START": SHIFT, "Race": KEEP}, quasi_identifiers=["RACE"], min_k=5)
    rules = spec.datasets["t"]
    assert {name: rule.method for name, rule in rules.columns.items()} == {
        "patient": Method.TOKEN,
        "start": Method.DATE_SHIFT,
        "race": Method.KEEP,
    }
    assert (rules.columns["start"].by, rules.quasi_identifiers) == ("patient", ("race",))
    assert (spec.name, spec.key_version, spec.oldest_year, spec.min_k) == ("test", 1, 1945, 5)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "is not of type 'object'"),
        (content_of(key_version=0), "key_version: 0 is less than the minimum of 1"),
        (content_of(min_k=1), "min_k: 1 is less than the minimum of 2"),
        (content_of(oldest_year=1936), "oldest_year: people born in 1936 are over 89 now; raise it"),
        (content_of(mode="x"), "'mode' was unexpected"),
        (content_of({"A": {"method": "hash"}}), "datasets.t.columns.A.method: 'hash' is not one of"),
        (content_of({"A": {**NULL, "reason": "no"}}), "datasets.t.columns.A.reason: 'no' is too short"),
        (
            content_of({"A": {"method": "token"}}),
            "datasets.t.columns.A.namespace: a rule with the method token needs it",
        ),
        (content_of({"A": {**TOKEN, "namespace": "a/b"}}), "datasets.t.columns.A.namespace: 'a/b' does not match"),
        (
            content_of({"A": {**NULL, "step": 5}}),
            "datasets.t.columns.A.step: a rule with the method null has no such key",
        ),
        (content_of({"A": {"method": "round", "step": 0}}), "datasets.t.columns.A.step: 0 is less than or equal to"),
        (
            content_of({"A": {"method": "constant", "value": 'a"b'}}),
            "datasets.t.columns.A.value: 'a\"b' does not match",
        ),
        (content_of({"A": {"method": "constant", "value": "a,b"}}), "datasets.t.columns.A.value: 'a,b' does not match"),
        (content_of({"A": SHIFT}), "datasets.t.columns.A.by: 'PATIENT' is not a column of this dataset"),
        (content_of({"A": NULL, "a": NULL}), "datasets.t.columns.a: the name of another column, if case is ignored"),
        (content_of({"A": NULL}, quasi_identifiers=["B"]), "datasets.t.quasi_identifiers: 'B' is not a column"),
        (content_of({"A": NULL}, dataset="T"), "'T' does not match"),
        (content_of(identifiers={"NAME": KEEP}), "identifiers.NAME.method: 'keep' is not one of"),
        (content_of(identifiers={"NAME": {"method": "drop"}}), "identifiers.NAME.method: 'drop' is not one of"),
    ],
)
def test_error_names_the_key(content: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse("test", content, sha256="", this_year=THIS_YEAR)


def test_all_wrong_keys_are_named_together() -> None:
    with pytest.raises(ValueError, match=r"columns\.A\.namespace.*columns\.B\.step"):
        spec_of({"A": {"method": "token"}, "B": {"method": "round"}})


def test_strictest_of_the_rules_for_an_identifier_applies() -> None:
    spec = spec_of(identifiers={"*_NUMBER": TOKEN, "USA_*": NULL, "USA_PASSPORT_NUMBER": TOKEN, "A.B": NULL})
    methods = [
        getattr(spec.rule_for(name), "method", None) for name in ("USA_PASSPORT_NUMBER", "UK_NUMBER", "NAME", "AxB")
    ]
    assert methods == [Method.NULL, Method.TOKEN, None, None]


def test_people_of_the_oldest_year_may_be_89_and_not_more() -> None:
    assert parse("test", content_of(oldest_year=1945), sha256="", this_year=2034)
    with pytest.raises(ValueError, match="oldest_year"):
        parse("test", content_of(oldest_year=1945), sha256="", this_year=2035)
