"""The checks of a template before anything is made, and the order in which its resources depend on each other.

moto leaves out what it does not know: resources of other types, references to missing resources, circles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import NULL_MODELS, get_model_map

from localaws.cloudformation.syntax import parse

type Json = Mapping[str, Any]

#: ``${Name}``, or ``${!Name}``, which stands for the text ``${Name}``.
PLACEHOLDER = re.compile(r"\$\{(!?)([^!{}][^{}]*)\}")


def read_template(text: str) -> dict[str, Any]:
    """Return the template.

    :raises ValidationError: if it is not a template, or names what it does not have or what the local AWS cannot make.
    """
    _check(text)
    template: dict[str, Any] = parse(text)
    return template


@lru_cache(maxsize=16)
def _check(text: str) -> None:
    """Check a template; stacks are often created, looked at and updated with the same text."""
    template = parse(text)
    if not isinstance(template, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise ValidationError(message="Template format error: At least one Resources member must be defined.")
    _check_types(resources)
    _check_blocks(template)
    conditions_of(template)
    _check_names(template)
    order_of(resources)


def order_of(resources: Json) -> list[str]:
    """Return the names of the resources, each after those that it needs.

    :raises ValidationError: if resources need each other.
    """
    needed = {name: [n for n in dict.fromkeys(_needed(body)) if n in resources] for name, body in resources.items()}
    try:
        return list(TopologicalSorter(needed).static_order())
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(message=f"Circular dependency between resources: [{circle}]") from None


def names_in_text(text: str) -> list[str]:
    """Return the names in the placeholders of a text for ``Fn::Sub``, with their attributes."""
    return [name.strip() for literal, name in PLACEHOLDER.findall(text) if not literal]


def conditions_of(template: Json) -> dict[str, Any]:
    """Return the conditions, each after those that it needs.

    :raises ValidationError: if conditions need each other, or one that does not exist.
    """
    conditions = template.get("Conditions") or {}
    if not isinstance(conditions, dict):
        raise ValidationError(message="Template format error: Conditions must be an object.")
    if bad := [name for name, body in conditions.items() if not _is_condition(body)]:
        raise ValidationError(message=f"Template format error: [/Conditions/{bad[0]}] must be a condition function.")
    needed = {name: list(_conditions_needed(body)) for name, body in conditions.items()}
    try:
        ordered = list(TopologicalSorter(needed).static_order())
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(message=f"Template format error: Circular condition dependency: [{circle}]") from None
    if undefined := set(ordered) - set(conditions):
        message = f"Template format error: Unresolved condition dependency {min(undefined)} in the Conditions block"
        raise ValidationError(message=f"{message} of the template")
    return {name: conditions[name] for name in ordered}


def _is_condition(body: Any) -> bool:
    match body:
        case {"Fn::And": [_, *_]} | {"Fn::Equals": [_, _]} | {"Fn::Not": [_]} | {"Fn::Or": [_, *_]}:
            return len(body) == 1
    return False


def _conditions_needed(body: Any) -> Iterator[str]:
    if isinstance(body, list):
        for item in body:
            yield from _conditions_needed(item)
    elif isinstance(body, dict):
        for key, value in body.items():
            if key == "Condition" and isinstance(value, str):
                yield value
            else:
                yield from _conditions_needed(value)


def _check_types(resources: Json) -> None:
    for name, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            message = f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
            raise ValidationError(message=message)
        if not isinstance(resource.get("Properties", {}), dict):
            message = f"Template format error: [/Resources/{name}/Properties] must be an object."
            raise ValidationError(message=message)
    known = {*get_model_map(), *NULL_MODELS}
    types = {resource["Type"] for resource in resources.values()}
    if unknown := sorted(kind for kind in types - known if not kind.startswith("Custom::")):
        raise ValidationError(message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")


def _check_blocks(template: Json) -> None:
    for block in ("Parameters", "Mappings", "Outputs"):
        body = template.get(block) or {}
        if not isinstance(body, dict) or not all(isinstance(item, dict) for item in body.values()):
            raise ValidationError(message=f"Template format error: {block} must be an object of objects.")


def _check_names(template: Json) -> None:
    """Refuse references to what the template does not have."""
    resources = template["Resources"]
    known = {*resources, *(template.get("Parameters") or {})}
    for block in ("Resources", "Outputs"):
        body = template.get(block) or {}
        missing = {n for n in _needed(body) if n not in known and not n.startswith("AWS::")}
        if missing:
            raise ValidationError(
                message=f"Template format error: Unresolved resource dependencies [{', '.join(sorted(missing))}] "
                f"in the {block} block of the template"
            )
        undefined = _conditions_in(body) - set(template.get("Conditions") or {})
        if undefined:
            raise ValidationError(
                message=f"Template format error: Unresolved condition dependency {min(undefined)} in the {block} "
                "block of the template"
            )


def _needed(body: Any) -> Iterator[str]:
    """Yield the names of what a part of a template refers to or waits for."""
    if isinstance(body, list):
        for item in body:
            yield from _needed(item)
    elif isinstance(body, dict):
        for key, value in body.items():
            yield from _needed_by(key, value)


def _needed_by(key: str, value: Any) -> Iterator[str]:
    match key, value:
        case "Ref", str(name):
            yield name
        case "Fn::GetAtt", str(path):
            yield path.partition(".")[0]
        case "Fn::GetAtt", [str(name), *_]:
            yield name
        case "Fn::Sub", str(text):
            yield from (name.partition(".")[0] for name in names_in_text(text))
        case "Fn::Sub", [str(text), dict(values)]:
            yield from (name.partition(".")[0] for name in names_in_text(text) if name not in values)
            yield from _needed(values)
        case "DependsOn", str(name):
            yield name
        case "DependsOn", list(names):
            yield from (name for name in names if isinstance(name, str))
        case _:
            yield from _needed(value)


def _conditions_in(body: Any) -> set[str]:
    """Return the names of the conditions of resources and outputs."""
    named = (item.get("Condition") for item in body.values())
    return {name for name in named if isinstance(name, str)}
