"""Set up the lake in the local AWS: the stacks of ``infra/``, and Macie's results repository.

`make run`, `make up` and docker-compose call it; repeated calls change nothing.
"""

from __future__ import annotations

import argparse
import os

import boto3

from ops import stacks

NAME_PREFIX = "lake"
DEPLOYER = "lake-deployer"
"""Role that may upload code and change the buckets; create it where IAM is enforced. The root user may, too."""


def set_up(*, local_source_root: str) -> dict[str, str]:
    """Create the stacks with the settings of a laptop, and return their outputs.

    The local Macie publishes findings a second after the job, so the gate does not wait for minutes as in AWS.
    """
    given = {
        "NamePrefix": NAME_PREFIX,
        "EnvironmentName": NAME_PREFIX,
        "DeployerArns": f"arn:aws:iam::{_account()}:role/{DEPLOYER}",
        "LocalSourceRoot": local_source_root,
        "EvidenceSettleSeconds": "3",
        "ReviewInAirflow": "enabled",
    }
    outputs = stacks.create(boto3.client("cloudformation"), stacks.read_templates(stacks.LOCAL), given)
    _set_results_repository(outputs["ResultsBucket"], outputs["KeyArn"])
    return outputs


def _account() -> str:
    return boto3.client("sts").get_caller_identity()["Account"]


def _set_results_repository(results_bucket: str, key_arn: str) -> None:
    """Set Macie's results repository, for which CloudFormation has no type; in AWS ``macie_scheduled_job`` sets it."""
    destination = {"bucketName": results_bucket, "keyPrefix": "macie", "kmsKeyArn": key_arn}
    boto3.client("macie2").put_classification_export_configuration(configuration={"s3Destination": destination})  # type: ignore[typeddict-item]


def main() -> None:
    """Set up the lake in the local AWS at AWS_ENDPOINT_URL."""
    parser = argparse.ArgumentParser(prog="python -m dev.setup", description=main.__doc__)
    parser.add_argument("--local-source-root", default="none", help="folder below which local deliveries may be read")
    parser.add_argument("--sample", action="store_true", help="put a sample delivery into the source bucket")
    arguments = parser.parse_args()
    if "AWS_ENDPOINT_URL" not in os.environ:
        parser.error("AWS_ENDPOINT_URL is not set: this command is for the local AWS only")
    outputs = set_up(local_source_root=arguments.local_source_root)
    if arguments.sample:
        from dev.sample import deliver_sample

        deliver_sample(outputs["SourceBucket"])
    for name, value in outputs.items():
        print(f"{name:18} {value}")


if __name__ == "__main__":
    main()
