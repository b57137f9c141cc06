"""Exceptions: their shape, and the times at which they are valid."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lake_gate.model.exception import PolicyException
from tests.lake_gate.exceptions.samples import OF_OBJECT, OF_TABLE


@pytest.mark.parametrize("exception", [OF_TABLE, OF_OBJECT])
def test_exception_is_the_same_after_it_was_written_and_read(exception: PolicyException) -> None:
    content = json.loads(json.dumps(exception.to_json()))
    assert PolicyException.from_json(content) == PolicyException.from_file(content) == exception


WRONG: list[tuple[PolicyException, dict[str, Any], str]] = [
    (OF_TABLE, {"id": "No capitals"}, "id"),
    (OF_TABLE, {"id": "ends-with-a-line-break\n"}, "id"),
    (OF_TABLE, {"id": "../other"}, "id"),
    (OF_TABLE, {"feed": "Synthea"}, "feed"),
    (OF_TABLE, {"kind": "wish"}, "kind"),
    (OF_TABLE, {"release": "raw"}, "release"),
    (OF_TABLE, {"reason": ""}, "reason"),
    (OF_TABLE, {"reason": "two\nlines"}, "reason"),
    (OF_TABLE, {"reason": "ends with a line break\n"}, "reason"),
    (OF_TABLE, {"reason": "a bell \x07"}, "reason"),
    (OF_TABLE, {"reason": "x" * 1001}, "reason"),
    (OF_TABLE, {"approved_by": []}, "approved_by"),
    (OF_TABLE, {"approved_by": ["bo", "cy", "di"]}, "approved_by"),
    (OF_TABLE, {"approved_by": ["bo", "Bo "]}, "approved_by: expected two different users"),
    (OF_TABLE, {"approved_by": ["ANN"]}, "approved_by: the user who asked"),
    (OF_TABLE, {"approved_by": ["\uff41\uff4e\uff4e"]}, "approved_by: the user who asked"),
    (OF_TABLE, {"until": "soon"}, "until"),
    (OF_TABLE, {"until": "2026-02-30"}, "until: the date does not exist"),
    (OF_TABLE, {"until": "2026-12-31T00:00:00"}, "until"),
    (OF_TABLE, {"until": "2026-10-31"}, "until: it is before created_at"),
    (OF_TABLE, {"created_at": "2026-11-01T08:00:00+02:00"}, "created_at"),
    (OF_TABLE, {"created_at": "2026-11-01"}, "created_at"),
    (OF_TABLE, {"most": None}, "most: required if the scope is a table"),
    (OF_TABLE, {"most": 0}, "most"),
    (OF_TABLE, {"most": True}, "most"),
    (OF_TABLE, {"dataset": None}, "dataset: required if the scope is a table"),
    (OF_TABLE, {"dataset": "Organizations"}, "dataset"),
    (OF_TABLE, {"identifier": None}, "identifier: required if the scope is a table"),
    (OF_TABLE, {"detections": {"ADDRESS": 1}}, "detections: not allowed if the scope is a table"),
    (OF_OBJECT, {"sha256": "ABC"}, "sha256"),
    (OF_OBJECT, {"detections": {}}, "detections: required if the scope is an object"),
    (OF_OBJECT, {"detections": {"ADDRESS": 0}}, "detections"),
    (OF_OBJECT, {"dataset": "organizations"}, "dataset: not allowed if the scope is an object"),
    (OF_OBJECT, {"column": "ADDRESS"}, "column: not allowed if the scope is an object"),
    (OF_OBJECT, {"most": 3}, "most: not allowed if the scope is an object"),
    (OF_OBJECT, {"identifier": "NAME"}, "identifier: expected one of the detections"),
    (OF_TABLE, {"everything": True}, r"\$"),
]


@pytest.mark.parametrize(("exception", "change", "problem"), WRONG)
def test_wrong_member_is_named(exception: PolicyException, change: dict[str, Any], problem: str) -> None:
    content = {**exception.to_json(), **change}
    for parse in (PolicyException.from_json, PolicyException.from_file):
        with pytest.raises(ValueError, match=problem):
            parse(content)


@pytest.mark.parametrize("content", [None, [], "x", 3, {}, {**OF_TABLE.to_json(), "id": None}])
def test_content_of_another_shape_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        PolicyException.from_json(content)


@pytest.mark.parametrize("name", [name for name, value in OF_TABLE.to_json().items() if isinstance(value, str)])
def test_error_about_a_document_has_nothing_of_its_content(name: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        PolicyException.from_json({**OF_TABLE.to_json(), name: "SECRET-./\n"})
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("at", "is_valid"),
    [
        ("2026-11-01T07:59:59+00:00", False),
        ("2026-11-01T08:00:00+00:00", True),
        ("2026-11-01T08:00:00.000001+00:00", True),
        ("2026-12-31T23:59:59.999999+00:00", True),
        ("2027-01-01T00:00:00+00:00", False),
    ],
)
def test_exception_is_valid_from_its_creation_to_the_end_of_its_last_day(at: str, is_valid: bool) -> None:
    exception = replace(OF_TABLE, created_at="2026-11-01T08:00:00+00:00", until="2026-12-31")
    assert exception.is_valid_at(at) is is_valid
