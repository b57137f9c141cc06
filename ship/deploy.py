"""Deploy an environment: the stacks in order, the package into its bucket, MWAA to the new versions of the package.

plugins.zip and requirements.txt are uploaded before the environment is created or updated, because it names their
versions; the DAGs are uploaded after it, because they are live within a minute and may need the new plugins.
"""

from __future__ import annotations

import argparse

from ops.stacks import missing_for, values_for
from ship import mwaa, upload
from ship.deployment import Deployment
from ship.environments import DEPLOYER_ADVICE, exit_on_aws_error, read_environment
from ship.preview import preview


def deploy(deployment: Deployment) -> None:
    """Deploy stacks and package. Unchanged parts are skipped, so the command can be repeated at any time.

    :raises SystemExit: at the first failure, with what to do.
    """
    deployment.check_package()
    for template in deployment.templates:
        deployment.check_available(template, missing_for(template, deployment.environment.given, {}))
    for template in deployment.templates:
        if template.name == "airflow":
            _upload_versioned(deployment)
        values = values_for(template, deployment.environment.given, deployment.outputs)
        deployment.outputs |= deployment.changer.apply(deployment.stack_name(template), template, values)
    if deployment.bucket is None:
        deployment.show("No AirflowBucket: install the package from dist/ into your Airflow.")
        return
    if "airflow" not in deployment.environment.stacks:
        _upload_versioned(deployment)
        if name := deployment.environment.given.get("EnvironmentName"):
            client = deployment.environment.client("mwaa")
            mwaa.update(client, name, str(deployment.bucket), deployment.outputs, deployment.show)
    _upload_dags(deployment)


def _upload_versioned(deployment: Deployment) -> None:
    difference = deployment.difference()
    new = [name for name in difference.put if name in upload.VERSIONED]
    put = upload.upload(deployment.environment.client("s3"), str(deployment.bucket), deployment.dist, new)
    for name, parameter in upload.VERSIONED.items():
        deployment.outputs[parameter] = {**difference.versions, **put}[name]
        deployment.show(f"s3://{deployment.bucket}/{name}: {'uploaded' if name in put else 'unchanged'}")


def _upload_dags(deployment: Deployment) -> None:
    s3, bucket, difference = deployment.environment.client("s3"), str(deployment.bucket), deployment.difference()
    # Files that DAGs read are uploaded first, so that no new DAG reads an old policy.
    new = sorted(difference.put, key=lambda name: (not name.startswith(f"{upload.DAGS}include/"), name))
    upload.upload(s3, bucket, deployment.dist, new)
    for key in difference.delete:
        s3.delete_object(Bucket=bucket, Key=key)
    deployment.show(f"s3://{bucket}/{upload.DAGS}: {len(new)} uploaded, {len(difference.delete)} deleted")


def main() -> None:
    """Deploy an environment of infra/environments, or show the changes."""
    parser = argparse.ArgumentParser(prog="python -m ship.deploy", description=main.__doc__)
    parser.add_argument("action", choices=["changeset", "deploy"])
    parser.add_argument("environment", help="name of a file in infra/environments, without .json")
    arguments = parser.parse_args()
    with exit_on_aws_error(DEPLOYER_ADVICE):
        deployment = Deployment.checked(read_environment(arguments.environment))
        if arguments.action == "changeset":
            preview(deployment)
        else:
            deploy(deployment)
            print(f"{deployment.environment.name} is deployed.")


if __name__ == "__main__":
    main()
