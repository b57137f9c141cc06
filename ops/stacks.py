"""The stacks of ``infra/`` in their order, and where each parameter gets its value.

A parameter that is named like an output of an earlier stack gets that output's value; what the environment's file gives
wins. So one's own bucket or key is named in the file, and the stack that would make it can be left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef

TEMPLATES = Path(__file__).resolve().parent.parent / "infra"
ORDER = ("storage", "pipeline", "access", "watch", "airflow")
LOCAL = ("storage", "pipeline", "access", "watch")
"""What the local AWS is set up with: it has no MWAA."""

MAX_TEMPLATE_BYTES = 51_200
"""Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


@dataclass(frozen=True)
class Template:
    """A stack's template."""

    name: str
    body: str

    @cached_property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.load(self.body, _Loader)  # noqa: S506 - a SafeLoader, see below
        return content

    @property
    def parameters(self) -> dict[str, bool]:
        """Names of its parameters, and whether each has a default."""
        return {name: "Default" in one for name, one in self._content.get("Parameters", {}).items()}

    @property
    def outputs(self) -> set[str]:
        """Names of its outputs."""
        return set(self._content.get("Outputs", {}))

    @property
    def resources(self) -> dict[str, str]:
        """Logical ids of its resources, and their types."""
        return {name: one["Type"] for name, one in self._content["Resources"].items()}

    @property
    def retained(self) -> set[str]:
        """Logical ids of the resources that outlive the stack."""
        resources = self._content["Resources"].items()
        return {name for name, one in resources if str(one.get("DeletionPolicy", "")).startswith("Retain")}


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads templates: ``!Ref`` and its like are kept as the text or list that follows them."""


def _short_form(loader: _Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!", _short_form)


def read_templates(names: Iterable[str] = ORDER, folder: Path = TEMPLATES) -> list[Template]:
    """Read the templates of these stacks.

    :raises SystemExit: when one is larger than CloudFormation takes.
    """
    templates = [Template(name, (folder / f"{name}.yaml").read_text()) for name in names]
    for template in templates:
        if (size := len(template.body.encode())) > MAX_TEMPLATE_BYTES:
            raise SystemExit(
                f"{template.name}.yaml has {size} bytes; CloudFormation takes {MAX_TEMPLATE_BYTES} at most."
            )
    return templates


def values_for(template: Template, given: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the values of a template's parameters: what is given, or else an earlier stack's output.

    What has neither is left to its default. See :func:`missing_for` for what has no default.
    """
    known = {**outputs, **given}
    return {name: known[name] for name in template.parameters if name in known}


def missing_for(template: Template, given: Mapping[str, str], outputs: Mapping[str, str]) -> list[str]:
    """Return the names of the parameters that have no value and no default."""
    known = {*outputs, *given}
    return [name for name, has_default in template.parameters.items() if not has_default and name not in known]


def unknown_in(given: Mapping[str, str], folder: Path = TEMPLATES) -> list[str]:
    """Return the given names that are neither parameter nor output of any template, be it deployed or not."""
    templates = read_templates(ORDER, folder)
    known = set[str]().union(*(template.parameters for template in templates), *(one.outputs for one in templates))
    return sorted(set(given) - known)


def as_api(values: Mapping[str, str]) -> list[ParameterTypeDef]:
    """Return values as CloudFormation takes them."""
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def find_stack(client: CloudFormationClient, name: str) -> StackTypeDef | None:
    """Describe a stack; None when there is none of that name."""
    try:
        return client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        # CloudFormation has no error code of its own for it.
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise


def outputs_of(stack: StackTypeDef | None) -> dict[str, str]:
    """Return the outputs of a stack; nothing when there is no stack."""
    outputs = stack.get("Outputs", []) if stack else []
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def create(client: CloudFormationClient, templates: Iterable[Template], given: Mapping[str, str]) -> dict[str, str]:
    """Create the stacks one after another where they are not there yet, and return the outputs of all.

    This is how the local AWS is set up: at once, and without change sets.

    :raises SystemExit: when a stack is there with another template or other parameters: moto does not update every
        change rightly.
    """
    outputs: dict[str, str] = {}
    for template in templates:
        if missing := missing_for(template, given, outputs):
            raise SystemExit(f"{template.name}.yaml needs a value for {', '.join(missing)}")
        name, values = f"{given['NamePrefix']}-{template.name}", as_api(values_for(template, given, outputs))
        if stack := find_stack(client, name):
            _check_is_current(client, template, stack, values)
        else:
            client.create_stack(
                StackName=name, TemplateBody=template.body, Parameters=values, Capabilities=["CAPABILITY_NAMED_IAM"]
            )
        outputs |= outputs_of(find_stack(client, name))
    return outputs


def _check_is_current(
    client: CloudFormationClient, template: Template, stack: StackTypeDef, values: list[ParameterTypeDef]
) -> None:
    body: object = client.get_template(StackName=stack["StackName"])["TemplateBody"]
    if body != template.body or any(value not in stack.get("Parameters", []) for value in values):
        raise SystemExit(
            f"The local AWS was set up with another infra/{template.name}.yaml or other settings. It keeps nothing "
            "when it is stopped; stop it (make down, or docker compose restart localaws) and run the command again."
        )
