"""Deploys an environment: the stacks in their order, the package into its bucket, MWAA to the package's new versions.

plugins.zip and requirements.txt go up before the environment is made or updated, since it takes them by their version;
the DAGs go up after it, since they are live within a minute and may need the new plugins.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ship import mwaa, upload
from ship.change_table import print_changes
from ship.changes import Changer, Show
from ship.environments import Environment, read_environment
from ship.stacks import TEMPLATES, Template, find_stack, missing_for, outputs_of, read_templates, unknown_in, values_for

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

DIST = Path(__file__).resolve().parent.parent / "dist"
_NEW = "new-version"


@dataclass(slots=True)
class Deployment:
    """What is deployed where.

    :param outputs: of the stacks and of the upload, as far as they are known by now.
    """

    environment: Environment
    dist: Path = DIST
    folder: Path = TEMPLATES
    show: Show = print
    poll_seconds: float = 5.0
    outputs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def checked(cls, environment: Environment, **more: Any) -> Deployment:
        """Return the deployment, once it is sure that the account is the right one and every parameter has a place.

        :raises SystemExit: saying what is wrong; nothing was changed.
        """
        environment.check_account()
        made = cls(environment, **more)
        if unknown := unknown_in(environment.given, made.folder):
            raise SystemExit(f"{environment.name}: no template has a parameter {', '.join(unknown)}")
        return made

    @property
    def templates(self) -> list[Template]:
        """The templates of the environment's stacks."""
        return read_templates(self.environment.stacks, self.folder)

    @property
    def changer(self) -> Changer:
        """What changes the stacks."""
        return Changer(self.environment.client("cloudformation"), self.show, poll_seconds=self.poll_seconds)

    def stack_name(self, template: Template) -> str:
        """Return what a template's stack is called here."""
        return f"{self.environment.name_prefix}-{template.name}"

    @property
    def bucket(self) -> str | None:
        """The bucket of the MWAA environment; None when no stack makes one and the file names none."""
        return {**self.outputs, **self.environment.given}.get("AirflowBucket")


def preview(deployment: Deployment) -> None:
    """Print what :func:`deploy` would change, and change nothing."""
    client = deployment.environment.client("cloudformation")
    stacks = {template.name: find_stack(client, deployment.stack_name(template)) for template in deployment.templates}
    for stack in stacks.values():
        deployment.outputs |= outputs_of(stack)
    difference = _difference(deployment) if deployment.bucket and _is_there(deployment) else None
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
        _check_will_come(deployment, template, missing)
        deployment.show(
            f"{name}: all {len(template.resources)} resources are new. Details once the stacks before it are deployed, "
            f"which give {', '.join(missing)}."
        )
    else:
        values = values_for(template, given, deployment.outputs)
        print_changes(name, deployment.changer.preview(name, template, values))


def deploy(deployment: Deployment) -> None:
    """Deploy everything. What is as it should be is left alone, so it may be run again at any time.

    :raises SystemExit: at the first thing that fails, saying what to do.
    """
    for template in deployment.templates:
        _check_will_come(deployment, template, missing_for(template, deployment.environment.given, {}))
    for template in deployment.templates:
        if template.name == "airflow":
            _upload_versioned(deployment)
        values = values_for(template, deployment.environment.given, deployment.outputs)
        deployment.outputs |= deployment.changer.apply(deployment.stack_name(template), template, values)
    if deployment.bucket is None:
        deployment.show("No AirflowBucket: the package stays in dist/, to be brought to your Airflow.")
        return
    if "airflow" not in deployment.environment.stacks:
        _upload_versioned(deployment)
        if name := deployment.environment.given.get("EnvironmentName"):
            client = deployment.environment.client("mwaa")
            mwaa.update(client, name, str(deployment.bucket), deployment.outputs, deployment.show)
    _upload_dags(deployment)


def _check_will_come(deployment: Deployment, template: Template, names: list[str]) -> None:
    """Refuse what would fail in the middle: a value that neither the file gives nor an earlier step will."""
    before = deployment.templates[: [one.name for one in deployment.templates].index(template.name)]
    coming = set(upload.VERSIONED.values()).union(*(one.outputs for one in before))
    if never := [name for name in names if name not in coming]:
        raise SystemExit(
            f"{template.name}.yaml needs {', '.join(never)}, which no stack before it gives. Name it under "
            f'"parameters" in the file of {deployment.environment.name}. Nothing was changed.'
        )


def _is_there(deployment: Deployment) -> bool:
    buckets: list[Mapping[str, str]] = deployment.environment.client("s3").list_buckets()["Buckets"]
    return any(bucket["Name"] == deployment.bucket for bucket in buckets)


def _difference(deployment: Deployment) -> upload.Difference:
    return upload.compare(deployment.environment.client("s3"), str(deployment.bucket), deployment.dist)


def _upload_versioned(deployment: Deployment) -> None:
    difference = _difference(deployment)
    new = [name for name in difference.put if name in upload.VERSIONED]
    put = upload.upload(deployment.environment.client("s3"), str(deployment.bucket), deployment.dist, new)
    for name, parameter in upload.VERSIONED.items():
        deployment.outputs[parameter] = {**difference.versions, **put}[name]
        deployment.show(f"s3://{deployment.bucket}/{name}: {'uploaded' if name in put else 'as it should be'}")


def _upload_dags(deployment: Deployment) -> None:
    s3, bucket, difference = deployment.environment.client("s3"), str(deployment.bucket), _difference(deployment)
    # What DAGs read goes first, so that no new DAG meets an old policy.
    new = sorted(difference.put, key=lambda name: (not name.startswith(f"{upload.DAGS}include/"), name))
    upload.upload(s3, bucket, deployment.dist, new)
    for key in difference.delete:
        s3.delete_object(Bucket=bucket, Key=key)
    deployment.show(f"s3://{bucket}/{upload.DAGS}: {len(new)} uploaded, {len(difference.delete)} deleted")


def main() -> None:
    """Deploy an environment of infra/environments, or show what that would change."""
    parser = argparse.ArgumentParser(prog="python -m ship.deploy", description=main.__doc__)
    parser.add_argument("action", choices=["changeset", "deploy"])
    parser.add_argument("environment", help="name of a file in infra/environments, without .json")
    arguments = parser.parse_args()
    try:
        deployment = Deployment.checked(read_environment(arguments.environment))
        if arguments.action == "changeset":
            preview(deployment)
        else:
            deploy(deployment)
            print(f"{deployment.environment.name} is deployed.")
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"{error}\nWhat the deployer may need: docs/platform.md. It may be run again.") from None


if __name__ == "__main__":
    main()
