from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from macie.definitions import load_definitions
from macie.errors import DefinitionError

PATIENT = {"name": "Patient ID", "regex": "[0-9a-f]{8}", "keywords": ["patient", "person"], "maximumMatchDistance": 50}


def shape_of(operation: str) -> Any:
    return boto3.client("macie2", region_name="eu-west-1").meta.service_model.operation_model(operation).input_shape


@pytest.fixture(scope="module")
def shape() -> Any:
    return shape_of("CreateCustomDataIdentifier")


def test_each_file_of_the_folder_is_one_definition(tmp_path: Path, shape: Any) -> None:
    (tmp_path / "b.json").write_text(json.dumps(PATIENT))
    (tmp_path / "a.json").write_text('{"name": "Other", "regex": "x"}')
    (tmp_path / "README.md").write_text("no definition")
    assert load_definitions(str(tmp_path), shape) == [{"name": "Other", "regex": "x"}, PATIENT]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"name": ', "invalid JSON"),
        ("[]", "a JSON list"),
        ('{"name": "A"}', '"regex"'),
        ('{"name": "A", "regex": "x", "keyword": ["b"]}', '"keyword"'),
        ('{"name": "A", "regex": "x", "keywords": "b"}', "keywords"),
        ('{"name": "A", "regex": "x", "clientToken": "t"}', "clientToken"),
    ],
)
def test_the_file_the_key_and_the_operation_are_named_when_a_definition_is_wrong(
    tmp_path: Path, shape: Any, text: str, problem: str
) -> None:
    (tmp_path / "wrong.json").write_text(text)
    with pytest.raises(DefinitionError, match=r"wrong\.json .*CreateCustomDataIdentifier, ") as caught:
        load_definitions(str(tmp_path), shape)
    assert problem in str(caught.value)


def test_a_definition_needs_no_token_although_the_call_does(tmp_path: Path) -> None:
    definition = {"name": "Public", "criteria": {"regex": "x"}}
    (tmp_path / "a.json").write_text(json.dumps(definition))
    assert load_definitions(str(tmp_path), shape_of("CreateAllowList")) == [definition]


def test_a_folder_without_definitions_is_refused_unless_it_may_be_empty(tmp_path: Path, shape: Any) -> None:
    with pytest.raises(DefinitionError, match=r"no \.json file"):
        load_definitions(str(tmp_path), shape)
    assert load_definitions(str(tmp_path), shape, may_be_empty=True) == []


def test_two_files_of_one_name_are_refused(tmp_path: Path, shape: Any) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(PATIENT))
    with pytest.raises(DefinitionError, match=r"b\.json.*'Patient ID' is used"):
        load_definitions(str(tmp_path), shape)
