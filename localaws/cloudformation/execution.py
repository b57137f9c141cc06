"""Create, change and delete the resources of a stack, and roll back when one fails.

Resources are made and changed in the order of their dependencies, and deleted in the reverse order; what leaves a
template goes last, as in CloudFormation. All of it is over when the request is answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import moto.cloudformation.parsing as parsing
from moto.cloudformation.models import ChangeSet, Event, Stack
from moto.cloudformation.parsing import OutputMap, ResourceMap
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from localaws.cloudformation.template import order_of

type Template = dict[str, Any]

_RETAINED = {"Retain", "RetainExceptOnCreate"}
"""Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html"""

_delete_resource = ResourceMap._delete_resource


def create(stack: Stack, template: Template, on_failure: str) -> None:
    """Make all resources of a new stack.

    :param on_failure: ``ROLLBACK``, ``DELETE`` (the caller deletes the stack) or ``DO_NOTHING``.
    """
    resources = stack.resource_map
    made: list[str] = []
    stack.status = "CREATE_IN_PROGRESS"
    stack.output_map = OutputMap(resources, {}, stack.stack_id)
    try:
        for name in order_of(template["Resources"]):
            _step(stack, template, name, "CREATE")
            made.append(name)
        stack.output_map = stack._create_output_map()
        _ = stack.outputs, stack.exports
        stack.create_resources()
    except Exception as error:
        stack.output_map = OutputMap(resources, {}, stack.stack_id)
        reason = _failure("create", error)
        if on_failure == "DO_NOTHING":
            _enter(stack, "CREATE_FAILED", reason)
        else:
            _enter(stack, "ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
            is_gone = _remove(stack, template, reversed(made), kept={"Retain"})
            _enter(stack, "ROLLBACK_COMPLETE" if is_gone else "ROLLBACK_FAILED")


def update(stack: Stack, change_set: ChangeSet, on_failure: str) -> None:
    """Change a stack as the change set says, or leave it as it was."""
    before = (stack.template, stack.template_dict, stack.parameters)
    template, tried = change_set.template_dict, list[str]()
    names = _names_by_action(change_set)
    _enter(stack, "UPDATE_IN_PROGRESS", "User Initiated")
    try:
        _load(stack, template, change_set.parameters)
        for name in order_of(template["Resources"]):
            action = "CREATE" if name in names["Add"] else "UPDATE"
            if name in names["Add"] or name in names["Modify"]:
                tried.append(name)
                _step(stack, template, name, action)
        _settle(stack, change_set.template, template, change_set.parameters)
        _ = stack.outputs
    except Exception as error:
        reason = _failure("update", error)
        if on_failure == "DO_NOTHING":
            _settle(stack, change_set.template, template, change_set.parameters)
            _enter(stack, "UPDATE_FAILED", reason)
        else:
            _enter(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
            _restore(stack, template, before, names, tried)
        return
    _enter(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    _remove(stack, before[1], reversed(_ordered(before[1], names["Remove"])), kept=_RETAINED)
    _enter(stack, "UPDATE_COMPLETE")


def delete(stack: Stack) -> bool:
    """Delete the resources; returns whether all that are not retained are gone."""
    _enter(stack, "DELETE_IN_PROGRESS", "User Initiated")
    template = {"Resources": stack.resource_map._resource_json_map}
    is_gone = _remove(stack, template, reversed(_ordered(template, template["Resources"])), kept=_RETAINED)
    _enter(stack, "DELETE_COMPLETE" if is_gone else "DELETE_FAILED")
    return is_gone


def _restore(
    stack: Stack, template: Template, before: tuple[Any, Template, Any], names: dict[str, list[str]], tried: list[str]
) -> None:
    """Bring back the resources that an update has tried to change."""
    is_gone = _remove(stack, template, [name for name in reversed(tried) if name in names["Add"]], kept={"Retain"})
    _settle(stack, *before)
    for name in tried:
        if name in names["Modify"]:
            try:
                _put_again(stack.resource_map, name)
            except Exception as error:
                is_gone = False
                tell(stack, name, before[1]["Resources"][name]["Type"], "UPDATE_FAILED", reason_of(error))
    stack.output_map = stack._create_output_map()
    _enter(stack, "UPDATE_ROLLBACK_COMPLETE" if is_gone else "UPDATE_ROLLBACK_FAILED")


def _put(resources: ResourceMap, name: str) -> Any:
    """Make a resource, or change the one that there is; one that cannot be changed is replaced."""
    if name not in resources._parsed_resources:
        return resources[name]
    body = resources._resource_json_map[name]
    kind: Any = parsing.resource_class_from_type(body["Type"])
    if kind is None:
        return None
    if hasattr(kind.update_from_cloudformation_json, "__isabstractmethod__"):
        _delete_resource(resources, resources._parsed_resources.pop(name), body)
        return resources[name]
    changed = parsing.parse_and_update_resource(name, body, resources, resources._account_id, resources._region_name)
    resources._parsed_resources[name] = changed
    return changed


def _put_again(resources: ResourceMap, name: str) -> None:
    """Bring a resource back, which may be gone when its replacement has failed."""
    with suppress(Exception):
        _put(resources, name)
        return
    resources._parsed_resources.pop(name, None)
    _put(resources, name)


def _step(stack: Stack, template: Template, name: str, action: str) -> None:
    """Make or change a resource, with an event of it."""
    kind = template["Resources"][name]["Type"]
    try:
        made = _put(stack.resource_map, name)
    except Exception as error:
        error.logical_resource_id = name  # type: ignore[attr-defined]
        tell(stack, name, kind, f"{action}_FAILED", reason_of(error))
        raise
    if made is not None:
        tell(stack, name, kind, f"{action}_COMPLETE")


def _remove(stack: Stack, template: Template, names: Iterable[str], *, kept: set[str]) -> bool:
    """Delete resources that their ``DeletionPolicy`` does not keep; returns whether all of them are gone."""
    is_gone = True
    for name in names:
        body = template["Resources"][name]
        made = stack.resource_map._parsed_resources.get(name)
        if made is None:
            continue
        is_kept = body.get("DeletionPolicy") in kept
        try:
            if not is_kept:
                _delete_resource(stack.resource_map, made, body)
        except Exception as error:
            if not _says_that_it_is_gone(error):
                is_gone = False
                tell(stack, name, body["Type"], "DELETE_FAILED", reason_of(error))
                continue
        tell(stack, name, body["Type"], "DELETE_SKIPPED" if is_kept else "DELETE_COMPLETE")
        del stack.resource_map._parsed_resources[name]
    return is_gone


def _says_that_it_is_gone(error: Exception) -> bool:
    """Return whether the resource has been deleted already; the services name this in many ways."""
    name = f"{type(error).__name__} {getattr(error, 'code', '')}"
    return any(word in name for word in ("Missing", "NonExistent", "NoSuch", "NotFound", "Unknown"))


def _load(stack: Stack, template: Template, parameters: dict[str, str]) -> None:
    """Let the stack's resources follow another template."""
    resources = stack.resource_map
    resources._template, resources.input_parameters, resources.resolved_parameters = template, parameters, {}
    resources.load_mapping()
    resources.load_parameters()
    resources.load_conditions()
    resources._resource_json_map = template["Resources"]


def _settle(stack: Stack, text: Any, template: Template, parameters: dict[str, str]) -> None:
    stack.template, stack.template_dict, stack.parameters = text, template, parameters
    stack.description = template.get("Description")
    _load(stack, template, parameters)
    stack.output_map = stack._create_output_map()


def _ordered(template: Template, names: Iterable[str]) -> list[str]:
    wanted = set(names)
    return [name for name in order_of(template["Resources"]) if name in wanted]


def _names_by_action(change_set: ChangeSet) -> dict[str, list[str]]:
    changes = change_set.changes
    return {
        action: [change.logical_resource_id for change in changes if change.action == action]
        for action in ("Add", "Modify", "Remove")
    }


def _failure(verb: str, error: Exception) -> str:
    """Return the reason of a stack's failure: the resource that failed, or an output."""
    if name := getattr(error, "logical_resource_id", None):
        return f"The following resource(s) failed to {verb}: [{name}]."
    return reason_of(error)


def reason_of(error: Exception) -> str:
    """Return the message of an error of AWS; other errors come from properties of a wrong kind."""
    if isinstance(error, ServiceException | HTTPException):
        return str(getattr(error, "message", None) or getattr(error, "description", None) or error)
    return f"Properties validation failed ({type(error).__name__}: {error})"


def _enter(stack: Stack, status: str, reason: str | None = None) -> None:
    stack.status = status
    if reason or status.endswith("_IN_PROGRESS"):  # the reason of a failure stays until the next operation
        stack.status_reason = reason  # type: ignore[attr-defined]  # DescribeStacks has it as StackStatusReason
    stack._add_stack_event(status, resource_status_reason=reason)


def tell(stack: Stack, logical_id: str, kind: str, status: str, reason: str | None = None) -> None:
    """Add an event of a resource."""
    resource = stack.resource_map._parsed_resources.get(logical_id)
    physical = getattr(resource, "physical_resource_id", "")
    stack.events.append(Event(stack.stack_id, stack.name, logical_id, physical, kind, status, reason, None))
