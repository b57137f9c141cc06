"""What may be chosen by parameters of the templates."""

from __future__ import annotations

import boto3
import pytest

from ops import stacks
from tests.lake import Lake


def create(name: str, lake: Lake, **parameters: str) -> None:
    """Create a second stack of a template, beside the lake's, with CloudFormation."""
    (template,) = stacks.read_templates([name])
    given = {"NamePrefix": "second", "EnvironmentName": "theirs", **parameters}
    boto3.client("cloudformation").create_stack(
        StackName=f"second-{name}",
        TemplateBody=template.body,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=stacks.as_api(stacks.values_for(template, given, lake.outputs)),
    )


def groups() -> dict[str, int | None]:
    """Retention of each log group of the environment, in days."""
    found = boto3.client("logs").describe_log_groups(logGroupNamePrefix="airflow-theirs-")["logGroups"]
    return {group["logGroupName"].removeprefix("airflow-theirs-"): group.get("retentionInDays") for group in found}


def filtered() -> set[str]:
    response = boto3.client("logs").describe_metric_filters(filterNamePrefix="second-watch")
    return {metric["logGroupName"] for metric in response["metricFilters"]}


def test_log_groups_are_created_before_the_environment(lake: Lake) -> None:
    create("watch", lake)
    names = ("Task", "Scheduler", "DAGProcessing", "Worker", "WebServer")
    assert groups() == dict.fromkeys(names, 90)
    assert filtered() == {"airflow-theirs-Task"}


def test_log_groups_of_an_existing_environment_are_not_changed(lake: Lake) -> None:
    boto3.client("logs").create_log_group(logGroupName="airflow-theirs-Task")
    create("watch", lake, LogGroups="existing")
    assert groups() == {"Task": None}
    assert filtered() == {"airflow-theirs-Task"}


@pytest.mark.parametrize(("chosen", "requires_mfa"), [({}, True), ({"ReviewerMfa": "elsewhere"}, False)])
def test_reviewer_role_requires_mfa_unless_it_is_required_elsewhere(
    lake: Lake, chosen: dict[str, str], requires_mfa: bool
) -> None:
    create("access", lake, **chosen)
    role = boto3.client("iam").get_role(RoleName="second-reviewer")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert (statement.get("Condition") == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}) is requires_mfa
    assert ("Condition" in statement) is requires_mfa


@pytest.mark.parametrize(("chosen", "exists"), [({}, False), ({"ReviewInAirflow": "enabled"}, True)])
def test_way_back_from_quarantine_exists_only_where_it_was_chosen(
    lake: Lake, chosen: dict[str, str], exists: bool
) -> None:
    create("access", lake, **chosen)
    create("storage", lake, **chosen)
    roles = {role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]}
    policy = boto3.client("s3").get_bucket_policy(Bucket="second-quarantine-123456789012-us-east-1")["Policy"]
    for role in ("second-releaser", "second-purger"):
        assert ((role in roles), (role in policy)) == (exists, exists)
