from __future__ import annotations

from typing import Any

import pytest

from lake_gate.display.policies import MOST_PROBLEMS, exception_problems, first_problems, policies_of, rule_descriptions
from lake_gate.errors import ExceptionFileError
from tests.lake_gate.pages.conftest import POLICY


def test_the_run_s_policy_follows_that_of_the_feed() -> None:
    record = {"rules": {"policy": {**POLICY, "also": {"name": "clean_only", "sha256": "x"}}}}
    assert [policy["name"] for policy in policies_of(record)] == ["default", "clean_only"]
    assert rule_descriptions(record) == {"identity-documents": "Numbers of people"}


@pytest.mark.parametrize("record", [{}, {"rules": None}, {"rules": {"policy": []}}, {"rules": {"policy": {"name": 3}}}])
def test_a_record_of_another_shape_has_no_policy(record: dict[str, Any]) -> None:
    assert policies_of(record) == []


@pytest.mark.parametrize(("found", "kept"), [(0, 0), (1, 1), (MOST_PROBLEMS, MOST_PROBLEMS), (100, MOST_PROBLEMS + 1)])
def test_problems_with_exceptions_are_cut_and_the_others_counted(found: int, kept: int) -> None:
    problems = exception_problems({"rules": {"standing_exceptions": {"problems": ["damaged"] * found}}})
    assert len(problems) == kept
    assert problems[MOST_PROBLEMS:] == (["And 80 more problems."] if found == 100 else [])
    assert exception_problems({"rules": {"standing_exceptions": {"problems": 3}}}) == []


def test_problem_of_a_file_is_shown_without_anything_of_its_content() -> None:
    error = ExceptionFileError("/usr/local/airflow/dags/include/exceptions/synthea.json", "$: '219-09-9999' is not …")
    (problem,) = first_problems([str(error)])
    assert problem == (
        "include/exceptions/synthea.json is not a valid list of exceptions, so no exception is used. "
        "The log of decide names what is wrong."
    )
