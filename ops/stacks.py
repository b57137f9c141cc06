"""The stacks of ``infra/`` in their order, and the values of their parameters.

A parameter with the name of an earlier stack's output gets the value of that output, unless the environment's file sets
it. So an existing bucket or key is set in the file, and the stack that would create it can be left out.
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
"""Stacks of the local AWS, which has no MWAA."""

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
        return {name: "Default" in parameter for name, parameter in self._content.get("Parameters", {}).items()}

    @property
    def outputs(self) -> set[str]:
        """Names of its outputs."""
        return set(self._content.get("Outputs", {}))

    @property
    def resources(self) -> dict[str, str]:
        """Logical ids of its resources, and their types."""
        return {name: resource["Type"] for name, resource in self._content["Resources"].items()}

    @property
    def retained(self) -> set[str]:
        """Logical ids of the resources that outlive the stack."""
        resources = self._content["Resources"].items()
        return {name for name, resource in resources if str(resource.get("DeletionPolicy", "")).startswith("Retain")}


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Loader of templates: short forms such as ``!Ref`` are read as the text or list that follows them."""


def _short_form(loader: _Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!", _short_form)


def read_templates(names: Iterable[str] = ORDER, folder: Path = TEMPLATES) -> list[Template]:
    """Read the templates of these stacks.

    :raises SystemExit: when a template is larger than CloudFormation accepts.
    """
    templates = [Template(name, (folder / f"{name}.yaml").read_text()) for name in names]
    for template in templates:
        if (size := len(template.body.encode())) > MAX_TEMPLATE_BYTES:
            raise SystemExit(
                f"{template.name}.yaml has {size} bytes; CloudFormation accepts at most {MAX_TEMPLATE_BYTES}."
            )
    return templates


def values_for(template: Template, given: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the values of a template's parameters: the given one, otherwise an earlier stack's output.

    Parameters with neither get their default. See :func:`missing_for` for those without a default.
    """
    known = {**outputs, **given}
    return {name: known[name] for name in template.parameters if name in known}


def missing_for(template: Template, given: Mapping[str, str], outputs: Mapping[str, str]) -> list[str]:
    """Return the names of the parameters that have no value and no default."""
    known = {*outputs, *given}
    return [name for name, has_default in template.parameters.items() if not has_default and name not in known]


def unknown_in(given: Mapping[str, str], folder: Path = TEMPLATES) -> list[str]:
    """Return the given names that are neither parameter nor output of any template, deployed or not."""
    templates = read_templates(ORDER, folder)
    known = set[str]().union(
        *(template.parameters for template in templates), *(template.outputs for template in templates)
    )
    return sorted(set(given) - known)


def as_api(values: Mapping[str, str]) -> list[ParameterTypeDef]:
    """Return values in the form of CloudFormation's API."""
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def find_stack(client: CloudFormationClient, name: str) -> StackTypeDef | None:
    """Describe a stack; None when no stack has that name."""
    try:
        return client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        # CloudFormation has no specific error code for it.
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise


def outputs_of(stack: StackTypeDef | None) -> dict[str, str]:
    """Return the outputs of a stack; empty when the stack is None."""
    outputs = stack.get("Outputs", []) if stack else []
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def create(client: CloudFormationClient, templates: Iterable[Template], given: Mapping[str, str]) -> dict[str, str]:
    """Create the missing stacks in order, without change sets, and return the outputs of all. For the local AWS.

    :raises SystemExit: when a stack exists with another template or other parameters: moto does not update every
        change correctly.
    """
    pages = client.get_paginator("describe_stacks").paginate()
    existing = {stack["StackName"]: stack for page in pages for stack in page["Stacks"]}
    outputs: dict[str, str] = {}
    for template in templates:
        if missing := missing_for(template, given, outputs):
            raise SystemExit(f"{template.name}.yaml needs a value for {', '.join(missing)}")
        name, values = f"{given['NamePrefix']}-{template.name}", as_api(values_for(template, given, outputs))
        if stack := existing.get(name):
            _check_is_current(client, template, stack, values)
        else:
            client.create_stack(
                StackName=name, TemplateBody=template.body, Parameters=values, Capabilities=["CAPABILITY_NAMED_IAM"]
            )
            stack = find_stack(client, name)
        outputs |= outputs_of(stack)
    return outputs


def _check_is_current(
    client: CloudFormationClient, template: Template, stack: StackTypeDef, values: list[ParameterTypeDef]
) -> None:
    body: object = client.get_template(StackName=stack["StackName"])["TemplateBody"]
    if body != template.body or any(value not in stack.get("Parameters", []) for value in values):
        raise SystemExit(
            f"The local AWS was set up with another infra/{template.name}.yaml or other settings. Stop it, which "
            "deletes its data (make down, or docker compose restart localaws), and run the command again."
        )
