"""The page for the platform engineer, held against the templates and the schemas of their types."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
import pytest

from localaws.server import LocalAws
from ops.stacks import ORDER, as_api, find_stack, outputs_of, read_templates
from tests.conftest import REPO

PAGE = (REPO / "docs/platform.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]
TYPES = sorted({kind for template in read_templates() for kind in template.resources.values()})
SCHEMAS = Path(str(find_spec("cfnlint").origin)).parent / "data/schemas"  # type: ignore[union-attr]
"""Of cfn-lint, whose import takes seconds."""

ADDITIONAL = {
    "AWS::Macie::Session": {"macie2:GetMacieSession", "iam:CreateServiceLinkedRole"},
    "AWS::Logs::LogGroup": {"logs:DescribeLogGroups"},
    "AWS::Logs::MetricFilter": {"logs:DescribeMetricFilters"},
    "AWS::CloudWatch::Alarm": {"cloudwatch:DescribeAlarms"},
}
"""What handlers call to list, or what their schema leaves out."""


def schema(kind: str) -> dict[str, Any]:
    index = json.loads((SCHEMAS / "providers/us-east-1.json").read_text())
    found: dict[str, Any] = json.loads((SCHEMAS / f"resources/{index[kind]}.json").read_text())
    return found


def handled(kind: str) -> set[str]:
    return {action for handler in schema(kind)["handlers"].values() for action in handler["permissions"]}


def row_of(kind: str) -> str:
    (found,) = [cells[1] for cells in ROWS if f"`{kind}`" in cells[0]]
    return found


@pytest.mark.parametrize("kind", TYPES)
def test_actions_of_a_type_are_those_that_its_handlers_need(kind: str) -> None:
    (types,) = [re.findall(r"`(AWS::[^`]+)`", cells[0]) for cells in ROWS if f"`{kind}`" in cells[0]]
    actions = set(re.findall(r"`([a-z0-9]+:[A-Za-z]+)`", row_of(kind)))
    known = set().union(*(handled(kind) | ADDITIONAL.get(kind, set()) for kind in types))
    assert actions - known == set()
    creates = {action for action in handled(kind) if re.search(r":(Create|Put)[A-Z][a-z]+$", action)}
    assert kind.startswith(("AWS::S3", "AWS::MWAA", "AWS::Logs", "AWS::SNS::Topic")) or creates <= actions


def test_every_stack_is_on_the_page() -> None:
    assert [cells[0] for cells in ROWS if cells[0].strip("`") in ORDER] == [f"`{name}`" for name in ORDER]


def test_example_of_an_existing_lake_has_all_outputs_of_storage() -> None:
    (example,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    (storage,) = read_templates(["storage"])
    assert storage.outputs <= set(example["parameters"])
    assert set(example["stacks"]) == set(ORDER) - {"storage"}


@pytest.mark.parametrize("bucket", ["bronze", "silver", "quarantine", "results", "airflow"])
def test_policies_for_buckets_of_your_own_are_those_of_the_template(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    """For the lake of the example, whose deployer has the role ``acme-deployer``."""
    (example,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    blocks = dict(re.findall(r"```json (\w+)\n(.*?)```", PAGE, re.DOTALL))
    monkeypatch.setenv("AWS_DEFAULT_REGION", example["region"])
    (storage,) = read_templates(["storage"])
    given = {
        "NamePrefix": example["name_prefix"],
        "DeployerArns": f"arn:aws:iam::{example['account']}:role/acme-deployer",
    }
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=storage.body, Parameters=as_api(given))
    outputs = outputs_of(find_stack(cloudformation, "s"))
    made = outputs[f"{bucket.title()}Bucket"]
    policy = json.loads(boto3.client("s3").get_bucket_policy(Bucket=made)["Policy"])
    theirs = example["parameters"][f"{bucket.title()}Bucket"]
    on_the_page = json.loads(blocks["every"].replace("BUCKET", theirs)) + json.loads(blocks[bucket])
    by_sid = {statement["Sid"]: statement for statement in on_the_page}
    assert by_sid == {
        statement["Sid"]: statement for statement in json.loads(json.dumps(policy["Statement"]).replace(made, theirs))
    }
    assert len(by_sid) == len(on_the_page)


@pytest.mark.parametrize(("block", "output"), [("key", "KeyArn"), ("quarantine_key", "QuarantineKeyArn")])
def test_policies_for_keys_of_your_own_are_those_of_the_template(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, block: str, output: str
) -> None:
    (example,) = [json.loads(found) for found in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    blocks = dict(re.findall(r"```json (\w+)\n(.*?)```", PAGE, re.DOTALL))
    monkeypatch.setenv("AWS_DEFAULT_REGION", example["region"])
    (storage,) = read_templates(["storage"])
    cloudformation = boto3.client("cloudformation")
    given = as_api({"NamePrefix": example["name_prefix"]})
    cloudformation.create_stack(StackName="s", TemplateBody=storage.body, Parameters=given)
    key = outputs_of(find_stack(cloudformation, "s"))[output]
    policy = boto3.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    assert json.loads(blocks[block]) == json.loads(policy)["Statement"]


def test_every_statement_and_guard_is_named_on_the_page() -> None:
    (storage,) = read_templates(["storage"])
    sids = set(re.findall(r"- Sid: (Deny(?!InsecureTransport|Decryption)\w+|AllowMacieToWriteResults)", storage.body))
    assert [sid for sid in sorted(sids) if not any(f"`{sid}`" in cells[2] for cells in ROWS if len(cells) > 2)] == []


def test_cloudformation_s_identifiers_still_know_no_severity() -> None:
    assert "SeverityLevels" not in schema("AWS::Macie::CustomDataIdentifier")["properties"]


def test_links_of_the_page_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", PAGE) if "://" not in link]
    assert links
    assert [link for link in links if not (REPO / "docs" / link.partition("#")[0]).exists()] == []
