"""Removes an environment: its stacks, the last one first. What holds data stays; it says how to remove that."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable

from ops.stacks import find_stack, outputs_of
from ship.deployment import Deployment
from ship.environments import MAY_RUN_AGAIN, read_environment, refusals_told

_HOW = {
    "AWS::S3::Bucket": (
        "aws s3api delete-bucket-policy --bucket {0} (as the deployer), then empty it with all its "
        "versions (console: Empty), then: aws s3 rb s3://{0}"
    ),
    "AWS::KMS::Key": "aws kms schedule-key-deletion --key-id {0} (what it has encrypted is lost then, everywhere)",
    "AWS::Logs::LogGroup": "aws logs delete-log-group --log-group-name {0} (needed before it can be deployed again)",
    "AWS::Macie::Session": "aws macie2 disable-macie (takes all findings and jobs with it, whoever made them)",
}


def destroy(deployment: Deployment, confirmed: Callable[[], str]) -> None:
    """Delete the stacks once the environment's name was typed; then say what is left.

    :param confirmed: returns what was typed.
    :raises SystemExit: when another name was typed, or a stack cannot be deleted.
    """
    environment, client = deployment.environment, deployment.environment.client("cloudformation")
    there = [one for one in deployment.templates if find_stack(client, deployment.stack_name(one))]
    if not there:
        deployment.show(f"{environment.name} has no stacks in {environment.region}.")
        return
    deployment.show(f"Account {environment.account}, {environment.region}; these stacks are deleted, in this order:")
    for template in there[::-1]:
        deployment.show(f"  {deployment.stack_name(template)}")
    if confirmed() != environment.name:
        raise SystemExit("Another name was typed. Nothing was deleted.")
    left: list[tuple[str, str]] = []
    outputs: dict[str, str] = {}
    for template in there[::-1]:
        name = deployment.stack_name(template)
        outputs |= outputs_of(find_stack(client, name))
        pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
        resources = [one for page in pages for one in page["StackResourceSummaries"]]
        left += [
            (one["ResourceType"], one["PhysicalResourceId"])
            for one in resources
            if one["LogicalResourceId"] in template.retained and one["ResourceType"] in _HOW
        ]
        deployment.changer.delete(name)
    _tell_what_is_left(deployment, left, outputs)


def _tell_what_is_left(deployment: Deployment, left: list[tuple[str, str]], outputs: dict[str, str]) -> None:
    if not left:
        return
    deployment.show("\nThese stay, for they hold data or are needed to read it. To remove one for good:")
    for kind, physical_id in left:
        deployment.show(
            f"  {kind.removeprefix('AWS::').replace('::', ' ')} {physical_id}\n    {_HOW[kind].format(physical_id)}"
        )
    ids = {physical_id for _, physical_id in left}
    again = {key: value for key, value in outputs.items() if value.rpartition("/")[2].rpartition(":")[2] in ids}
    if "AWS::Macie::Session" in {kind for kind, _ in left}:
        again["MacieSession"] = "existing"
    deployment.show('\nTo use them again, leave "storage" out of "stacks" and give them as "parameters":')
    deployment.show(json.dumps(again, indent=2))


def main() -> None:
    """Remove an environment of infra/environments; buckets and keys stay."""
    parser = argparse.ArgumentParser(prog="python -m ship.destroy", description=main.__doc__)
    parser.add_argument("environment", help="name of a file in infra/environments, without .json")
    environment = read_environment(parser.parse_args().environment)
    typed = os.environ.get("CONFIRM")
    with refusals_told(MAY_RUN_AGAIN):
        destroy(
            Deployment.checked(environment),
            lambda: typed if typed else input(f"Type {environment.name} to delete them: "),
        )


if __name__ == "__main__":
    main()
