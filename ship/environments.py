"""An environment: one account and Region in which the pipeline is deployed, ``infra/environments/<name>.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from jsonschema import Draft202012Validator

from ops.stacks import ORDER

DEPLOYER_ADVICE = "Permissions of the deployer: docs/platform.md. The command can be repeated."
FOLDER = Path(__file__).resolve().parent.parent / "infra" / "environments"
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["region", "account", "name_prefix"],
    "properties": {
        "region": {"type": "string", "pattern": "^[a-z]{2}(-[a-z]+)+-[0-9]$"},
        "account": {"type": "string", "pattern": "^[0-9]{12}$"},
        # Bucket names begin with it, and have at most 63 characters.
        "name_prefix": {"type": "string", "pattern": "^[a-z][a-z0-9-]{1,20}$"},
        "parameters": {"type": "object", "additionalProperties": {"type": "string"}},
        "stacks": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(ORDER)}},
    },
}


@contextmanager
def exit_on_aws_error(advice: str) -> Iterator[None]:
    """Exit with one line when AWS refuses a call or does not respond.

    :param advice: what to do, or where it is documented.
    :raises SystemExit: with AWS's message.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"{error}\n{advice}") from None


@dataclass(frozen=True, slots=True)
class Environment:
    """Account, Region and parameters of a deployment.

    :param account: id of the account; credentials of another account are refused.
    :param name_prefix: prefix of the names of stacks and buckets.
    :param parameters: values for the templates' parameters. They override the outputs of other stacks, so that existing
        buckets and keys can be used.
    :param stacks: the stacks to deploy; default: all.
    """

    name: str
    region: str
    account: str
    name_prefix: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    stacks: tuple[str, ...] = ORDER

    @property
    def given(self) -> dict[str, str]:
        """Values of the templates' parameters from the file."""
        return {"NamePrefix": self.name_prefix, **self.parameters}

    def client(self, service: str) -> Any:
        """Return a client of an AWS service in the environment's Region."""
        return boto3.client(service, region_name=self.region)  # type: ignore[call-overload]

    def deployed_by(self, caller_arn: str) -> Environment:
        """Return the environment with its deployers: those of the file, default: the caller."""
        return replace(self, parameters={"DeployerArns": ",".join(principals_of(caller_arn)), **self.parameters})

    def check_account(self) -> str:
        """Check that the credentials are of this account, and return the ARN of the caller.

        :raises SystemExit: when they are of another account.
        """
        try:
            caller = self.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise SystemExit(f"No valid AWS credentials: {error}\nSign in to account {self.account} first.") from None
        if caller["Account"] != self.account:
            raise SystemExit(
                f"Refused: {self.name} is account {self.account}, but the credentials are of account "
                f"{caller['Account']} ({caller['Arn']}). Nothing was changed."
            )
        return str(caller["Arn"])


def principals_of(caller_arn: str) -> list[str]:
    """Return patterns that match ``aws:PrincipalArn`` of a caller; of a session, its role with any path.

    The ARN of a session has no path, and role names are unique in an account.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """
    head, _, session = caller_arn.partition(":assumed-role/")
    if not session:
        return [caller_arn]
    role = f"{head.replace(':sts:', ':iam:')}:role"
    name = session.partition("/")[0]
    return [f"{role}/{name}", f"{role}/*/{name}"]


def read_environment(name: str, folder: Path = FOLDER) -> Environment:
    """Read an environment's file.

    :raises SystemExit: when it does not exist or is not valid.
    """
    path = folder / f"{name}.json"
    if not name or "/" in name or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none"
        missing = f"{path} does not exist" if name else "No environment was given"
        raise SystemExit(f"{missing}; set ENV= to one of: {known}")
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise SystemExit(f"{path} is not valid JSON: {error}") from None
    if problems := [
        f"{wrong.json_path.removeprefix('$.')}: {wrong.message}"
        for wrong in Draft202012Validator(_SCHEMA).iter_errors(content)
    ]:
        raise SystemExit(f"{path} is not valid:\n  " + "\n  ".join(problems))
    if "NamePrefix" in content.get("parameters", {}):
        raise SystemExit(f"{path} is not valid: set NamePrefix by name_prefix only")
    chosen = content.pop("stacks", ORDER)
    return Environment(name=name, stacks=tuple(stack for stack in ORDER if stack in chosen), **content)
