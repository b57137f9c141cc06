"""Preview of a deployment: the change set of each stack, and the files to upload and delete."""

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
"""Placeholder for the version of a file that is not uploaded yet."""


def preview(deployment: Deployment) -> None:
    """Print the changes that :func:`ship.deploy.deploy` would make, and make none."""
    deployment.check_package()
    client = deployment.environment.client("cloudformation")
    stacks = {template.name: find_stack(client, deployment.stack_name(template)) for template in deployment.templates}
    for stack in stacks.values():
        deployment.outputs |= outputs_of(stack)
    difference = deployment.difference() if deployment.bucket and _bucket_exists(deployment) else None
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
            deployment.show(f"s3://{deployment.bucket} already has the package")


def _status(stack: StackTypeDef | None) -> str | None:
    return stack["StackStatus"] if stack else None


def _preview_stack(deployment: Deployment, template: Template, status: str | None) -> None:
    name, given = deployment.stack_name(template), deployment.environment.given
    if status == "ROLLBACK_COMPLETE":
        deployment.show(f"{name}: its first creation failed; the stack is deleted and created again")
    elif missing := missing_for(template, given, deployment.outputs):
        deployment.check_available(template, missing)
        deployment.show(
            f"{name}: all {len(template.resources)} resources are new. Details are known after the earlier stacks are "
            f"deployed, which provide {', '.join(missing)}."
        )
    else:
        values = values_for(template, given, deployment.outputs)
        print_changes(name, deployment.changer.preview(name, template, values))


def _bucket_exists(deployment: Deployment) -> bool:
    try:
        deployment.environment.client("s3").head_bucket(Bucket=deployment.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise
    return True
