"""Remove an environment: its stacks, last one first. Resources that hold data are retained, and listed at the end."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable

from ops.stacks import find_stack, outputs_of
from ship.deployment import Deployment
from ship.environments import DEPLOYER_ADVICE, exit_on_aws_error, read_environment

_REMOVAL_COMMANDS = {
    "AWS::S3::Bucket": (
        "aws s3api delete-bucket-policy --bucket {0} (as the deployer), then empty it with all its "
        "versions (console: Empty), then: aws s3 rb s3://{0}"
    ),
    "AWS::KMS::Key": "aws kms schedule-key-deletion --key-id {0} (everything encrypted with it becomes unreadable)",
    "AWS::Logs::LogGroup": "aws logs delete-log-group --log-group-name {0} (required before the next deployment)",
    "AWS::Macie::Session": "aws macie2 disable-macie (deletes all findings and jobs in the account)",
}


def destroy(deployment: Deployment, confirmed: Callable[[], str]) -> None:
    """Delete the stacks after a confirmation; then show the retained resources.

    :param confirmed: returns the name that was typed; must be the environment's name.
    :raises SystemExit: when another name was typed, or a stack cannot be deleted.
    """
    environment, client = deployment.environment, deployment.environment.client("cloudformation")
    existing = [template for template in deployment.templates if find_stack(client, deployment.stack_name(template))]
    if not existing:
        deployment.show(f"{environment.name} has no stacks in {environment.region}.")
        return
    deployment.show(f"Account {environment.account}, {environment.region}. Stacks to delete, in this order:")
    for template in existing[::-1]:
        deployment.show(f"  {deployment.stack_name(template)}")
    if confirmed() != environment.name:
        raise SystemExit("Another name was typed. No stack was deleted.")
    retained: list[tuple[str, str]] = []
    outputs: dict[str, str] = {}
    for template in existing[::-1]:
        name = deployment.stack_name(template)
        outputs |= outputs_of(find_stack(client, name))
        pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        retained += [
            (resource["ResourceType"], resource["PhysicalResourceId"])
            for resource in resources
            if resource["LogicalResourceId"] in template.retained and resource["ResourceType"] in _REMOVAL_COMMANDS
        ]
        deployment.changer.delete(name)
    _show_retained(deployment, retained, outputs)


def _show_retained(deployment: Deployment, retained: list[tuple[str, str]], outputs: dict[str, str]) -> None:
    if not retained:
        return
    deployment.show("\nRetained, because they hold data or are needed to read it. To remove one permanently:")
    for kind, physical_id in retained:
        deployment.show(
            f"  {kind.removeprefix('AWS::').replace('::', ' ')} {physical_id}\n"
            f"    {_REMOVAL_COMMANDS[kind].format(physical_id)}"
        )
    ids = {physical_id for _, physical_id in retained}
    again = {key: value for key, value in outputs.items() if value.rpartition("/")[2].rpartition(":")[2] in ids}
    if "AWS::Macie::Session" in {kind for kind, _ in retained}:
        again["MacieSession"] = "existing"
    deployment.show('\nTo use them again, remove "storage" from "stacks" and set these "parameters":')
    deployment.show(json.dumps(again, indent=2))


def main() -> None:
    """Remove an environment of infra/environments; buckets and keys are retained."""
    parser = argparse.ArgumentParser(prog="python -m ship.destroy", description=main.__doc__)
    parser.add_argument("environment", help="name of a file in infra/environments, without .json")
    environment = read_environment(parser.parse_args().environment)
    typed = os.environ.get("CONFIRM")
    with exit_on_aws_error(DEPLOYER_ADVICE):
        destroy(
            Deployment.checked(environment),
            lambda: typed if typed else input(f"Type {environment.name} to delete them: "),
        )


if __name__ == "__main__":
    main()
