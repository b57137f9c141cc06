"""Templates of results, as Airflow renders them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from lake_gate.xcom import json_of, parse, text_of

RESULTS: dict[tuple[str, str], Any] = {
    ("land", "return_value"): {"prefix": "synthea/1/", "objects": 3, "name": "{{ 7 * 7 }} <é'\">"},
    ("render_job", "spec"): {"name": "x"},
}


def rendered(template: str) -> str:
    ti = SimpleNamespace(xcom_pull=lambda task_ids, key="return_value": RESULTS.get((task_ids, key)))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    return environment.from_string(template).render(ti=ti)


@pytest.mark.parametrize("place", RESULTS)
def test_result_is_the_same_after_rendering_and_never_a_template(place: tuple[str, str]) -> None:
    assert parse(rendered(json_of(*place))) == RESULTS[place]


def test_result_that_is_missing_is_none() -> None:
    assert parse(rendered(json_of("skipped"))) is None


def test_member_of_a_result_is_its_text() -> None:
    assert rendered(text_of("land", "prefix")) == "synthea/1/"
    assert rendered(text_of("land", "objects")) == "3"


def test_value_that_is_not_text_is_returned_as_it_is() -> None:
    assert parse({"a": 1}) == {"a": 1}
