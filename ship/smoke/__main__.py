"""``python -m ship.smoke ENVIRONMENT`` (`make smoke`)."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import urlsplit

from lake_gate.settings import load_settings
from ops.airflow_api import AirflowApi
from ship.environments import Environment, exit_on_aws_error, read_environment
from ship.mwaa import RestApi
from ship.smoke.run import Airflow, Smoke


def source_bucket(ssm: Any) -> str:
    """Return the bucket of the settings' source.

    :raises SystemExit: when the source is not an S3 bucket.
    """
    source = str(ssm.get_parameter(Name="/lake_gate/source")["Parameter"]["Value"])
    if urlsplit(source).scheme != "s3":
        raise SystemExit(
            "The environment's source is not an S3 bucket; set --source-bucket to one that the gate may read."
        )
    return urlsplit(source).netloc


def _airflow(environment: Environment, address: str) -> Airflow:
    if not address:
        return RestApi(environment.client("mwaa"), environment.given["EnvironmentName"])
    api = AirflowApi(address)
    if not api.is_up():
        raise SystemExit(f"No healthy Airflow at {address}")
    return api


def main() -> None:
    """Run generated files through a deployed environment, with real Macie, and check the gate's promises."""
    parser = argparse.ArgumentParser(prog="python -m ship.smoke", description=main.__doc__)
    parser.add_argument("environment", help="name of a file in infra/environments, without .json")
    parser.add_argument("--airflow", default="", help="URL of an Airflow that is not an MWAA environment")
    parser.add_argument("--source-bucket", default="", help="bucket for the files; default: the one in the settings")
    arguments = parser.parse_args()
    environment = read_environment(arguments.environment)
    environment.check_account()
    ssm = environment.client("ssm")
    with exit_on_aws_error("Permissions of the smoke test: docs/platform.md."):
        source = arguments.source_bucket or source_bucket(ssm)
        airflow = _airflow(environment, arguments.airflow)
        problems = Smoke(environment.client("s3"), airflow, load_settings(ssm), source).run()
    print("\n".join(["FAILED:", *problems]) if problems else "All checks passed.")
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
