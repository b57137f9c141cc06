"""Job specs and identifiers of ``include/``: rendered, and valid by botocore's own model, enum values included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from lake_gate.scan.job_spec import render

INCLUDE = Path(__file__).parents[3] / "include"
SPECS = sorted((INCLUDE / "job_specs").glob("*.json"))
IDENTIFIERS = sorted((INCLUDE / "identifiers").glob("*.json"))
IDS = {"Patient ID": "id-1", "US Driver License": "id-2", "US Passport": "id-3"}
PLACES: dict[str, Any] = {
    "account_id": "123456789012",
    "bronze_bucket": "b",
    "silver_bucket": "s",
    "prefix": "synthea/1/",
    "run_id": "1",
    "feed": "synthea",
}
MODEL = botocore.session.get_session().get_service_model("macie2")


def wrong_enums(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Yield where a value is none of its enum's: botocore's own validation does not look at enums."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            yield from wrong_enums(shape.members[name], member, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for item in value:
            yield from wrong_enums(shape.member, item, f"{path}[]")
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from wrong_enums(shape.value, item, f"{path}{{}}")
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{path}: {value} is none of {shape.enum}"


def assert_valid(operation: str, request: dict[str, Any]) -> None:
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    report = ParamValidator().validate({"clientToken": "token", **request}, shape)
    assert not report.has_errors(), report.generate_report()
    assert list(wrong_enums(shape, request)) == []


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_job_spec_is_valid_when_rendered(path: Path) -> None:
    assert_valid("CreateClassificationJob", render(json.loads(path.read_text()), identifier_ids=IDS, **PLACES))


@pytest.mark.parametrize("path", IDENTIFIERS, ids=lambda p: p.stem)
def test_identifier_definition_is_valid(path: Path) -> None:
    assert_valid("CreateCustomDataIdentifier", json.loads(path.read_text()))


def test_there_are_the_two_job_specs_and_the_three_identifiers() -> None:
    assert [path.stem for path in SPECS] == ["synthea_daily", "synthea_one_time"]
    assert sorted(json.loads(path.read_text())["name"] for path in IDENTIFIERS) == sorted(IDS)


def test_check_of_enums_notices_a_wrong_one() -> None:
    shape = MODEL.operation_model("CreateClassificationJob").input_shape
    assert shape is not None
    assert list(wrong_enums(shape, {"jobType": "ONCE"})) != []


def test_one_time_spec_scans_the_run_and_nothing_else() -> None:
    spec = json.loads((INCLUDE / "job_specs/synthea_one_time.json").read_text())
    request = render(spec, identifier_ids=IDS, **PLACES)
    definition = request["s3JobDefinition"]
    assert definition["bucketDefinitions"] == [{"accountId": "123456789012", "buckets": ["b"]}]
    terms = [term["simpleScopeTerm"] for term in definition["scoping"]["includes"]["and"]]
    assert {term["key"]: (term["comparator"], term["values"]) for term in terms} == {
        "OBJECT_EXTENSION": ("EQ", ["csv"]),
        "OBJECT_KEY": ("STARTS_WITH", ["synthea/1/"]),
    }
    assert (request["samplingPercentage"], request["managedDataIdentifierSelector"]) == (100, "ALL")
    assert request["customDataIdentifierIds"] == ["id-1", "id-2", "id-3"]


def test_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"\$\{undefined\}"):
        render({"name": "${undefined}"}, identifier_ids={})


def test_undefined_identifier_is_named() -> None:
    with pytest.raises(ValueError, match="Shoe Size"):
        render({"customDataIdentifierIds": ["Shoe Size"]}, identifier_ids=IDS)


def test_allow_lists_are_named_like_identifiers() -> None:
    spec = {"allowListIds": ["Public", "Test"]}
    rendered = render(spec, identifier_ids={}, allow_list_ids={"Test": "id-2", "Public": "id-1"})
    assert rendered["allowListIds"] == ["id-1", "id-2"]


@pytest.mark.parametrize("ids", [None, {}, {"Other": "id"}])
def test_undefined_allow_list_is_named(ids: dict[str, str] | None) -> None:
    with pytest.raises(ValueError, match=r"allow lists that are not defined: Public$"):
        render({"allowListIds": ["Public"]}, identifier_ids={}, allow_list_ids=ids)


def test_spec_without_allow_lists_asks_for_none() -> None:
    assert "allowListIds" not in render({}, identifier_ids={}, allow_list_ids={"Public": "id"})


def test_feed_is_filled_in() -> None:
    assert render({"name": "${feed}-gate"}, identifier_ids={}, feed="clinic")["name"] == "clinic-gate"


def test_daily_spec_scans_everything_in_silver() -> None:
    """Whatever its extension and its key: an exclude, by a prefix say, would be a place to hide."""
    spec = json.loads((INCLUDE / "job_specs/synthea_daily.json").read_text())
    request = render(spec, identifier_ids=IDS, account_id="123456789012", silver_bucket="s")
    assert request["s3JobDefinition"] == {
        "bucketDefinitions": [{"accountId": "123456789012", "buckets": ["s"]}],
    }
    assert (request["jobType"], request["initialRun"], request["samplingPercentage"]) == ("SCHEDULED", True, 100)
