"""Order of the stacks, values of their parameters, and their creation on the local AWS."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from localaws.server import LocalAws
from ops.stacks import LOCAL, ORDER, TEMPLATES, Template, create, missing_for, read_templates, values_for
from ship.upload import VERSIONED
from tests.ship.small_stacks import Deployed

GIVEN = {"NamePrefix": "lake"}
STACK = Template("pipeline", "Parameters: {A: {Type: String}, B: {Type: String, Default: b}}\nResources: {}\n")


@pytest.mark.parametrize(
    ("given", "outputs", "values"),
    [
        ({}, {"A": "made"}, {"A": "made"}),
        ({"A": "own"}, {"A": "made"}, {"A": "own"}),
        (
            {"A": "own", "C": "unknown"},
            {"B": "made", "D": "unknown"},
            {"A": "own", "B": "made"},
        ),
    ],
    ids=["an output", "the file wins", "only its own parameters"],
)
def test_parameter_gets_the_output_of_its_name_unless_it_is_given(
    given: dict[str, str], outputs: dict[str, str], values: dict[str, str]
) -> None:
    assert values_for(STACK, given, outputs) == values


def test_parameter_without_value_and_default_is_missing() -> None:
    assert missing_for(STACK, {}, {}) == ["A"]
    assert missing_for(STACK, {}, {"A": "made"}) == []


def test_template_with_short_forms_is_read() -> None:
    template = Template(
        "storage",
        """
Parameters: {A: {Type: String, Default: ""}}
Conditions: {Has: !Not [!Equals [!Ref A, ""]]}
Resources:
  B: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: !Sub "${A}-b"}}
  T: {Type: AWS::SNS::Topic, Condition: Has, Properties: !If [Has, {TopicName: !Ref A}, !Ref AWS::NoValue]}
Outputs: {Bucket: {Value: !GetAtt B.Arn}}
""",
    )
    assert (template.parameters, template.outputs) == ({"A": True}, {"Bucket"})
    assert template.resources == {"B": "AWS::S3::Bucket", "T": "AWS::SNS::Topic"}
    assert template.retained == {"B"}


def test_template_is_refused_when_cloudformation_would_not_take_its_size(tmp_path: Path) -> None:
    (tmp_path / "storage.yaml").write_text("Resources: {}\n" + "#" * 51_200)
    with pytest.raises(SystemExit, match=r"storage.yaml has 51214 bytes"):
        read_templates(["storage"], tmp_path)


def test_every_parameter_has_a_default_or_an_output_or_is_in_the_example() -> None:
    from ship.environments import read_environment

    known = {*read_environment("example").given, *VERSIONED.values()}
    for template in read_templates():
        assert not missing_for(template, dict.fromkeys(known, ""), {}), template.name
        known |= template.outputs


def test_no_two_of_our_stacks_give_an_output_of_one_name() -> None:
    names = [name for template in read_templates() for name in template.outputs]
    assert len(names) == len(set(names))


def test_each_stack_has_a_template() -> None:
    assert {path.stem for path in TEMPLATES.glob("*.yaml")} == set(ORDER)


def test_stacks_are_set_up_once_when_they_are_created_twice(aws: LocalAws, tmp_path: Path) -> None:
    templates = read_templates(LOCAL, Deployed(tmp_path).templates)
    first = create(boto3.client("cloudformation"), templates, GIVEN)
    assert first["BronzeBucket"] == "lake-bronze"
    assert Deployed.setting("/lake/bronze") == "lake-bronze"
    assert create(boto3.client("cloudformation"), templates, GIVEN) == first


@pytest.mark.parametrize("changed", ["template", "parameter"])
def test_set_up_is_refused_when_the_stacks_are_there_with_something_else(
    aws: LocalAws, tmp_path: Path, changed: str
) -> None:
    small = Deployed(tmp_path)
    create(boto3.client("cloudformation"), read_templates(LOCAL, small.templates), GIVEN)
    small.edit("pipeline", "/bronze", "/other") if changed == "template" else None
    given = {**GIVEN, "AlertEmail": "a@example.com"} if changed == "parameter" else GIVEN
    with pytest.raises(SystemExit, match=r"set up with another infra/pipeline.yaml"):
        create(boto3.client("cloudformation"), read_templates(LOCAL, small.templates), given)


def test_set_up_is_refused_when_a_parameter_has_no_value(aws: LocalAws, tmp_path: Path) -> None:
    (template,) = read_templates(["pipeline"], Deployed(tmp_path).templates)
    with pytest.raises(SystemExit, match=r"pipeline.yaml needs a value for BronzeBucket"):
        create(boto3.client("cloudformation"), [template], GIVEN)
