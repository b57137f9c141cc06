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

MAY_RUN_AGAIN = "What the deployer may need: docs/platform.md. It may be run again."
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
def refusals_told(what_now: str) -> Iterator[None]:
    """End the command in a line when AWS refuses something, or does not answer.

    :param what_now: what to do, or where it is said.
    :raises SystemExit: with AWS's words.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"{error}\n{what_now}") from None


@dataclass(frozen=True, slots=True)
class Environment:
    """Where to deploy, and with which values.

    :param account: id of the account; nothing is done in another one.
    :param name_prefix: what all names of stacks and buckets begin with.
    :param parameters: values for the templates' parameters. They win over the outputs of other stacks, so that one's
        own buckets and keys can be named.
    :param stacks: which stacks to deploy; all of them when the file names none.
    """

    name: str
    region: str
    account: str
    name_prefix: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    stacks: tuple[str, ...] = ORDER

    @property
    def given(self) -> dict[str, str]:
        """The values that the file gives to the templates."""
        return {"NamePrefix": self.name_prefix, **self.parameters}

    def client(self, service: str) -> Any:
        """Return a client of an AWS service in the environment's Region."""
        return boto3.client(service, region_name=self.region)  # type: ignore[call-overload]

    def deployed_by(self, caller_arn: str) -> Environment:
        """Return the environment with its deployers: those that the file names, or else the caller."""
        return replace(self, parameters={"DeployerArns": ",".join(principals_of(caller_arn)), **self.parameters})

    def check_account(self) -> str:
        """Return the ARN of the caller, unless the credentials are of another account.

        :raises SystemExit: saying whose they are.
        """
        try:
            caller = self.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise SystemExit(
                f"No AWS credentials that work: {error}\nSign in to account {self.account} first."
            ) from None
        if caller["Account"] != self.account:
            raise SystemExit(
                f"Refused: {self.name} is account {self.account}, and the credentials are of account "
                f"{caller['Account']} ({caller['Arn']}). Nothing was changed."
            )
        return str(caller["Arn"])


def principals_of(caller_arn: str) -> list[str]:
    """Return what ``aws:PrincipalArn`` says of a caller, as patterns: the role of a session, whatever its path is.

    The ARN of a session has no path, and names of roles are unique in an account.
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

    :raises SystemExit: naming what is wrong with it.
    """
    path = folder / f"{name}.json"
    if not name or "/" in name or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none"
        missing = f"There is no {path}" if name else "No environment is named"
        raise SystemExit(f"{missing}; name one with ENV=. There are: {known}")
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise SystemExit(f"{path} is no JSON: {error}") from None
    if wrong := [
        f"{e.json_path.removeprefix('$.')}: {e.message}" for e in Draft202012Validator(_SCHEMA).iter_errors(content)
    ]:
        raise SystemExit(f"{path} is not right:\n  " + "\n  ".join(wrong))
    if "NamePrefix" in content.get("parameters", {}):
        raise SystemExit(f"{path} is not right: NamePrefix is given by name_prefix alone")
    asked = content.pop("stacks", ORDER)
    return Environment(name=name, stacks=tuple(one for one in ORDER if one in asked), **content)
