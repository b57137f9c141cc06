"""The list of jobs: filters, order and pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import error_of, start


@pytest.fixture
def three_jobs(macie: Any, s3: Any) -> Any:
    start(macie, name="alpha one", clientToken="1")
    start(macie, name="alpha two", clientToken="2")
    schedule = {"jobType": "SCHEDULED", "scheduleFrequency": {"weeklySchedule": {"dayOfWeek": "MONDAY"}}}
    start(macie, name="beta", clientToken="3", **schedule)
    return macie


@pytest.mark.parametrize(
    ("includes", "excludes", "names"),
    [
        ([], [], ["alpha one", "alpha two", "beta"]),
        ([{"key": "name", "comparator": "STARTS_WITH", "values": ["alpha"]}], [], ["alpha one", "alpha two"]),
        ([{"key": "name", "comparator": "CONTAINS", "values": ["two", "bet"]}], [], ["alpha two", "beta"]),
        ([{"key": "jobType", "comparator": "EQ", "values": ["SCHEDULED"]}], [], ["beta"]),
        ([{"key": "jobType", "comparator": "NE", "values": ["SCHEDULED"]}], [], ["alpha one", "alpha two"]),
        ([], [{"key": "name", "comparator": "EQ", "values": ["beta"]}], ["alpha one", "alpha two"]),
        ([{"key": "jobStatus", "comparator": "EQ", "values": ["IDLE"]}], [], ["beta"]),
        (
            [{"key": "createdAt", "comparator": "GT", "values": ["2020-01-01T00:00:00Z"]}],
            [],
            ["alpha one", "alpha two", "beta"],
        ),
        ([{"key": "createdAt", "comparator": "LT", "values": ["2020-01-01"]}], [], []),
    ],
)
def test_the_list_has_the_jobs_that_meet_the_filter(
    three_jobs: Any, includes: list[Any], excludes: list[Any], names: list[str]
) -> None:
    listed = three_jobs.list_classification_jobs(
        filterCriteria={"includes": includes, "excludes": excludes},
        sortCriteria={"attributeName": "name", "orderBy": "ASC"},
    )
    assert [job["name"] for job in listed["items"]] == names


@pytest.mark.parametrize(
    "term",
    [
        {"key": "name", "comparator": "EQ"},
        {"key": "name", "values": ["a"]},
        {"key": "createdAt", "comparator": "CONTAINS", "values": ["2020"]},
        {"key": "createdAt", "comparator": "GT", "values": ["long ago"]},
    ],
)
def test_a_filter_is_refused_when_it_makes_no_sense(macie: Any, term: dict[str, Any]) -> None:
    filters = {"filterCriteria": {"includes": [term]}}
    assert error_of(macie.list_classification_jobs, **filters)[:2] == ("ValidationException", 400)


def test_the_list_is_sorted_and_paged(three_jobs: Any) -> None:
    pages = three_jobs.get_paginator("list_classification_jobs").paginate(
        sortCriteria={"attributeName": "name", "orderBy": "DESC"}, PaginationConfig={"PageSize": 2}
    )
    parts = [[job["name"] for job in part["items"]] for part in pages]
    assert parts == [["beta", "alpha two"], ["alpha one"]]
