"""What a deployment would change: each stack's change set, and the files that would go into the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops.stacks import Template, find_stack, missing_for, outputs_of, values_for
from ship import upload
from ship.change_table import print_changes
from ship.deployment import Deployment

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_NEW = "new-version"
"""Stands for the version that a file will have once it is uploaded."""


def preview(deployment: Deployment) -> None:
    """Print what :func:`ship.deploy.deploy` would change, and change nothing."""
    deployment.check_package()
    client = deployment.environment.client("cloudformation")
    stacks = {template.name: find_stack(client, deployment.stack_name(template)) for template in deployment.templates}
    for stack in stacks.values():
        deployment.outputs |= outputs_of(stack)
    difference = deployment.difference() if deployment.bucket and _is_there(deployment) else None
    for name, parameter in upload.VERSIONED.items():
        deployment.outputs[parameter] = difference.versions.get(name, _NEW) if difference else _NEW
    for template in deployment.templates:
        _preview_stack(deployment, template, _status(stacks[template.name]))
    if difference:
        for name in difference.put:
            deployment.show(f"upload  s3://{deployment.bucket}/{name}")
        for key in difference.delete:
            deployment.show(f"delete  s3://{deployment.bucket}/{key}")
        if not difference.put and not difference.delete:
            deployment.show(f"s3://{deployment.bucket} has the package as it is")


def _status(stack: StackTypeDef | None) -> str | None:
    return stack["StackStatus"] if stack else None


def _preview_stack(deployment: Deployment, template: Template, status: str | None) -> None:
    name, given = deployment.stack_name(template), deployment.environment.given
    if status == "ROLLBACK_COMPLETE":
        deployment.show(f"{name}: its first creation had failed; it is removed and made anew")
    elif missing := missing_for(template, given, deployment.outputs):
        deployment.check_will_come(template, missing)
        deployment.show(
            f"{name}: all {len(template.resources)} resources are new. Details once the stacks before it are deployed, "
            f"which give {', '.join(missing)}."
        )
    else:
        values = values_for(template, given, deployment.outputs)
        print_changes(name, deployment.changer.preview(name, template, values))


def _is_there(deployment: Deployment) -> bool:
    try:
        deployment.environment.client("s3").head_bucket(Bucket=deployment.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise
    return True
