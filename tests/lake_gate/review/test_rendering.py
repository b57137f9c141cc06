"""The text for reviewers: complete, and inert whatever names it has."""

from __future__ import annotations

import re

import pytest
from jinja2 import Environment

from lake_gate.decision.columns import ColumnLine
from lake_gate.review.rendering import MOST_COLUMNS, MOST_IGNORED_SHOWN, body, plain, subject
from lake_gate.review.request import APPROVE, Answer, Proposal
from tests.lake_gate.review.requests import NOW, make_file, make_request

HOSTILE = [
    "![x](https://evil.example/p.png)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "https://evil.example and WWW.evil.example and me@evil.example",
    "a\n# heading\n| table |\n---",
    "**bold** _em_ ~~gone~~ `code`",
    "{{ 7*7 }} {% for x in y %} ${x}",
    "\u202egnp.exe\x00\ud800",
    "&lt;b&gt; $x$ \\* ^",
]


def column(name: str = "organizations.csv", **changes: object) -> ColumnLine:
    facts = {"index": 2, "identifier": "NAME", "category": "PERSONAL_INFORMATION", "severity": None, "cells": 12}
    return ColumnLine(
        **{"name": name, "column": "CITY", "is_capped": False, "count": 12, "decided": True, **facts, **changes}  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_draws_itself_and_nothing_else(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"[\[\]<>&*`#|~{}$@\n\x00^=+\"]", shown)
    assert not re.search(r"(?<!\\)_|\\[^_]|://|www\.", shown, re.IGNORECASE)
    assert Environment(autoescape=False).from_string(shown).render() == shown
    shown.encode()


def test_harmless_names_stay_readable() -> None:
    assert plain("2026/Zürich (part 2).csv") == "2026/Zürich (part 2).csv"
    assert plain("US_PASSPORT") == "US\\_PASSPORT"


def test_long_text_is_cut() -> None:
    assert len(plain("a" * 10_000)) == 300


def test_reviewer_sees_who_asks_why_and_what_was_found_where() -> None:
    shown = body(
        make_request(),
        [column(first_seen={"at": "2026-10-01T00:00:00+00:00"}), column(column="ZIP")],
        [],
        page="https://a/b",
    )
    for part in (
        "release as it is",
        "**By**: ann, 2026-11-29T12:00:00+00:00; to be answered until 2026-12-02",
        "public organisations",
        "have to approve**: 2",
        "false positive, until 2026-12-31: these bytes only",
        "- **organizations.csv**, 28 bytes",
        "NAME x 1",
        "NAME in column CITY, 12 rows; known since 2026-10-01",
        "column ZIP, 12 rows; new in this run",
        "https://a/b",
        "reviewer role",
    ):
        assert part in shown


def test_second_reviewer_sees_the_first() -> None:
    assert "Approved by bob." in body(make_request(), [], [Answer(APPROVE, "bob", "2", NOW)], page=None)


def test_answers_that_do_not_count_come_first_and_say_why() -> None:
    shown = body(make_request(), [], [], page=None, ignored=[(Answer(APPROVE, "bob", "2", NOW), "it came twice")])
    assert shown.startswith(
        "**The answer of bob at 2026-11-29 12:00 UTC does not count: it came twice.**\n\n**Asked**: release"
    )


def test_latest_answers_that_do_not_count_are_shown_and_the_others_counted() -> None:
    given = [(Answer(APPROVE, f"user{number}", "", ""), "it came twice") for number in range(20)]
    shown = body(make_request(), [], [], page=None, ignored=given)
    assert shown.startswith("17 earlier answers did not count.\n\n**The answer of user17 does not count")
    assert shown.count("does not count") == MOST_IGNORED_SHOWN


def test_exception_for_a_table_is_shown_with_its_scope_and_most() -> None:
    proposal = Proposal("accepted", "table", "2026-12-31", "NAME", "CITY", 2000)
    shown = body(make_request(exception=proposal), [], [], page=None)
    assert "NAME in column CITY of the table, at most 2,000 times a file" in shown


def test_text_is_bounded_for_a_file_with_many_columns() -> None:
    many = [column(index=number, column=f"C{number}") for number in range(1000)]
    shown = body(make_request(), many, [], page=None)
    assert shown.count("in column") == MOST_COLUMNS
    assert f"{1000 - MOST_COLUMNS} more columns" in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_do_not_change_the_form_of_the_text(text: str) -> None:
    request = make_request(files=(make_file(text, detections={text: 1}, reason=text),), reason=text, asked_by=text)
    given = [(Answer(APPROVE, text, "2", text), text)]
    shown = body(request, [column(text, column=text, identifier=text)], [], page=None, ignored=given)
    harmless = make_request(files=(make_file("a", detections={"a": 1}, reason="a"),), reason="a", asked_by="a")
    given = [(Answer(APPROVE, "a", "2", "a"), "a")]
    expected = body(harmless, [column("a", column="a", identifier="a")], [], page=None, ignored=given)
    assert shown.count("\n") == expected.count("\n")
    assert shown.count("*") == expected.count("*")


def test_subject_has_no_text_from_outside() -> None:
    assert subject(make_request(asked="keep")) == "synthea: keep in quarantine, 1 quarantined file"


def test_reviewer_sees_what_became_of_the_table_before_and_hostile_words_stay_inert() -> None:
    past = {"organizations.csv": "in 3 earlier runs: 3 promoted", "x.csv": "of another file"}
    shown = body(make_request(), [column()], [], page=None, past=past)
    assert "    - in 3 earlier runs: 3 promoted\n    - NAME" in shown
    assert "of another file" not in shown
    for text in HOSTILE:
        assert plain(text) in body(make_request(), [], [], page=None, past={"organizations.csv": text})
