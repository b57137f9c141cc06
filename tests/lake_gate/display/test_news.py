"""What a message says first: what is new since the feed's run before."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.display.news import MOST_NEWS, News

BEFORE = {
    "run_id": "manual__1",
    "outcome": "promote",
    "new_identifiers": [],
    "gone_identifiers": [],
    "new_columns": [],
    "gone_columns": [],
}


def entry(name: str = "patients.csv", outcome: str = "promote", was: str = "promote", **before: Any) -> dict[str, Any]:
    return {"name": name, "outcome": outcome, "before": {**BEFORE, "outcome": was, **before}}


def column(identifier: str, name: str | None, cells: int, *, is_capped: bool = False) -> dict[str, Any]:
    return {"identifier": identifier, "column": name, "index": 9, "cells": cells, "is_capped": is_capped}


def lines(*entries: dict[str, Any]) -> list[str]:
    news = News()
    assert list(news.noted(entries)) == list(entries)
    return news.to_lines()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"new_columns": [column("PASSPORT", "NOTES", 12)]}, "PASSPORT appears in column NOTES, 12 rows"),
        ({"new_columns": [column("PASSPORT", "NOTES", 1)]}, "PASSPORT appears in column NOTES, 1 row"),
        (
            {"new_columns": [column("PASSPORT", None, 1000, is_capped=True)]},
            "PASSPORT appears in column 9, 1,000 or more rows",
        ),
        ({"new_identifiers": ["NAME"]}, "NAME appears"),
        (
            {"new_identifiers": ["NAME"], "new_columns": [column("NAME", "NOTES", 2)]},
            "NAME appears in column NOTES, 2 rows",
        ),
        ({"gone_identifiers": ["NAME"]}, "NAME no longer appears"),
        ({"was": "quarantine"}, "promoted, was quarantined"),
    ],
)
def test_news_of_a_table(facts: dict[str, Any], expected: str) -> None:
    assert lines(entry(**facts)) == ["New since run manual__1:", f"- patients.csv: {expected}"]


def test_strictest_files_come_first_and_new_tables_last() -> None:
    entries = (
        {"name": "a.csv", "outcome": "promote", "before": None},
        entry("b.csv", new_identifiers=["X"]),
        entry("c.csv", "quarantine", new_identifiers=["X"]),
        entry("d.csv", "mask"),
    )
    assert lines(*entries)[1:] == [
        "- c.csv: X appears",
        "- c.csv: quarantined, was promoted",
        "- d.csv: masked, was promoted",
        "- b.csv: X appears",
        "- a.csv: not in the run before",
    ]


def test_run_like_the_one_before_has_nothing_new() -> None:
    assert lines(entry("a.csv"), entry("b.csv")) == ["Nothing is new since run manual__1."]


def test_first_run_says_that_it_is_the_first() -> None:
    (line,) = lines({"name": "a.csv", "outcome": "promote", "before": None})
    assert line.startswith("This is the first recorded run of the feed")


def test_empty_delivery_has_no_news() -> None:
    assert lines() == []


def test_records_of_older_versions_have_no_news() -> None:
    assert len(lines({"name": "a.csv", "outcome": "promote"})) == 1


def test_many_news_are_cut_and_counted() -> None:
    news = lines(*(entry(f"{number:05}.csv", new_identifiers=["X"]) for number in range(2000)))
    assert len(news) == MOST_NEWS + 2
    assert news[-1] == f"- and {2000 - MOST_NEWS:,} more changes"
