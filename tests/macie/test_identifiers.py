from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from macie.errors import IdentifierDefinitionError
from macie.identifiers import is_same, load_definitions

PATIENT = {"name": "Patient ID", "regex": "[0-9a-f]{8}", "keywords": ["patient", "person"], "maximumMatchDistance": 50}


@pytest.fixture(scope="module")
def shape() -> Any:
    model = boto3.client("macie2", region_name="eu-west-1").meta.service_model
    return model.operation_model("CreateCustomDataIdentifier").input_shape


def test_each_file_of_the_folder_is_one_definition(tmp_path: Path, shape: Any) -> None:
    (tmp_path / "b.json").write_text(json.dumps(PATIENT))
    (tmp_path / "a.json").write_text('{"name": "Other", "regex": "x"}')
    (tmp_path / "README.md").write_text("no definition")
    assert load_definitions(str(tmp_path), shape) == [{"name": "Other", "regex": "x"}, PATIENT]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"name": ', "no valid JSON"),
        ("[]", "a JSON list"),
        ('{"name": "A"}', '"regex"'),
        ('{"name": "A", "regex": "x", "keyword": ["b"]}', '"keyword"'),
        ('{"name": "A", "regex": "x", "keywords": "b"}', "keywords"),
        ('{"name": "A", "regex": "x", "clientToken": "t"}', "clientToken"),
    ],
)
def test_the_file_and_the_key_are_named_when_a_definition_is_wrong(
    tmp_path: Path, shape: Any, text: str, problem: str
) -> None:
    (tmp_path / "wrong.json").write_text(text)
    with pytest.raises(IdentifierDefinitionError, match=r"wrong\.json") as caught:
        load_definitions(str(tmp_path), shape)
    assert problem in str(caught.value)


def test_a_folder_without_definitions_is_refused(tmp_path: Path, shape: Any) -> None:
    with pytest.raises(IdentifierDefinitionError, match=r"no \.json file"):
        load_definitions(str(tmp_path / "missing"), shape)


def test_two_files_of_one_name_are_refused(tmp_path: Path, shape: Any) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(PATIENT))
    with pytest.raises(IdentifierDefinitionError, match=r"b\.json.*'Patient ID' is used"):
        load_definitions(str(tmp_path), shape)


@pytest.mark.parametrize(
    "difference",
    [
        {},
        {"keywords": ["person", "patient"]},
        {"ignoreWords": None},
        {"ignoreWords": []},
        {"description": "in other words", "tags": {"a": "b"}},
        {"severityLevels": [{"occurrencesThreshold": 1, "severity": "MEDIUM"}]},
        {"maximumMatchDistance": None},
    ],
)
def test_an_identifier_is_the_same_when_it_detects_the_same(difference: dict[str, Any]) -> None:
    assert is_same(PATIENT, {**PATIENT, **difference})


@pytest.mark.parametrize(
    "difference",
    [
        {"name": "Patient"},
        {"regex": "[0-9a-f]{9}"},
        {"keywords": ["patient"]},
        {"ignoreWords": ["test"]},
        {"maximumMatchDistance": 10},
        {"severityLevels": [{"occurrencesThreshold": 100, "severity": "LOW"}]},
        {"deleted": True},
    ],
)
def test_an_identifier_is_another_when_it_may_detect_something_else(difference: dict[str, Any]) -> None:
    assert not is_same(PATIENT, {**PATIENT, **difference})
