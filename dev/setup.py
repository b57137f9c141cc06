"""Sets up the lake in the AWS that the environment names: the template's stack, Macie, and its results repository.

``python -m dev.setup`` is what `make run`, `make up` and docker-compose call; doing it again changes nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from dev.paths import REPO

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

STACK = "lake"
TEMPLATE = REPO / "infra" / "lake.yaml"


def set_up(*, local_source_root: str) -> dict[str, str]:
    """Deploy the stack with the settings of a laptop, enable Macie, and return the stack's outputs.

    The local Macie publishes findings a second after the job: the gate need not wait for minutes as in AWS.
    """
    outputs = _deploy({"LocalSourceRoot": local_source_root, "EvidenceSettleSeconds": "3"})
    _enable_macie(outputs["ResultsBucket"], outputs["KeyArn"])
    return outputs


def _deploy(parameters: dict[str, str]) -> dict[str, str]:
    client = boto3.client("cloudformation")
    values: list[ParameterTypeDef] = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
    stack: Any = {"StackName": STACK, "TemplateBody": TEMPLATE.read_text(), "Parameters": values}
    try:
        client.create_stack(**stack)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise
        _check_is_current(client, stack)
    outputs = client.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _check_is_current(client: CloudFormationClient, stack: Any) -> None:
    """Refuse a stack of another template or other settings: moto does not update every change rightly.

    :raises SystemExit: saying what to do.
    """
    template = client.get_template(StackName=STACK)["TemplateBody"]
    now = client.describe_stacks(StackName=STACK)["Stacks"][0].get("Parameters", [])
    if template != stack["TemplateBody"] or any(parameter not in now for parameter in stack["Parameters"]):
        raise SystemExit(
            "The local AWS was set up with another infra/lake.yaml or other settings. It keeps nothing when it is "
            "stopped; stop it (make down, or docker compose restart localaws) and run the command again."
        )


def _enable_macie(results_bucket: str, key_arn: str) -> None:
    macie = boto3.client("macie2")
    with contextlib.suppress(macie.exceptions.ConflictException):  # it is enabled already
        macie.enable_macie()
    destination = {"bucketName": results_bucket, "keyPrefix": "macie", "kmsKeyArn": key_arn}
    macie.put_classification_export_configuration(configuration={"s3Destination": destination})  # type: ignore[typeddict-item]


def main() -> None:
    """Set up the lake in the local AWS at AWS_ENDPOINT_URL."""
    parser = argparse.ArgumentParser(prog="python -m dev.setup", description=main.__doc__)
    parser.add_argument("--local-source-root", default="none", help="folder below which local deliveries may be read")
    arguments = parser.parse_args()
    if "AWS_ENDPOINT_URL" not in os.environ:
        parser.error("AWS_ENDPOINT_URL is not set: this command is for the local AWS only")
    for name, value in set_up(local_source_root=arguments.local_source_root).items():
        print(f"{name:18} {value}")


if __name__ == "__main__":
    main()
