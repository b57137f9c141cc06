"""Change sets as CloudFormation has them, where those of moto 5.2.5 fall short.

moto's change set of a new stack leaves the stack without outputs; it ignores a change of parameters alone;
resources whose condition is false count as added; two change sets of a stack that is not there yet make two stacks of
one name; resources are not described, and an error leaves a stack half created. It also deletes resources with
a retaining ``DeletionPolicy`` that leave the template, and those with ``RetainExceptOnCreate``.

Left out: what would be replaced (``Replacement``), and changes that follow from other resources alone. An execution is
over when ExecuteChangeSet answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import moto.cloudformation.parsing as parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Event, Stack
from moto.cloudformation.parsing import NULL_MODELS, ResourceMap, get_model_map
from moto.cloudformation.responses import CloudFormationResponse

from localaws.cloudformation.change_set_diff import diff

_NOTHING = "The submitted information didn't contain changes. Submit different information to create a change set."
_RETAINED = {"Retain", "RetainExceptOnCreate"}
"""Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html"""

_create_change_set = CloudFormationBackend.create_change_set
_delete_resource = ResourceMap._delete_resource
_parse_and_create_resource = parsing.parse_and_create_resource


def install() -> None:
    """Put these change sets in the place of moto's; calling it again changes nothing."""
    CloudFormationBackend.create_change_set = create_change_set  # type: ignore[assignment, method-assign]
    CloudFormationBackend.execute_change_set = execute_change_set  # type: ignore[method-assign]
    CloudFormationResponse._validate_different_update = _validate_different_update  # type: ignore[assignment, method-assign]
    ChangeSet.diff = diff  # type: ignore[method-assign]
    ResourceMap._delete_resource = delete_unless_retained  # type: ignore[method-assign]
    parsing.parse_and_create_resource = _named_when_it_fails(_parse_and_create_resource)


def create_change_set(
    self: CloudFormationBackend, stack_name: str, change_set_name: str, template: str, **more: Any
) -> tuple[str, str]:
    """Create a change set; for a new stack, it replaces the stack of an earlier change set."""
    _check_types(template)
    existing = next((stack for stack in self.stacks.values() if stack.name == stack_name), None)
    if existing and more["change_set_type"] == "CREATE":
        if existing.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(message=f"Stack [{stack_name}] already exists and cannot be created again")
        del self.stacks[existing.stack_id]
    created, stack_id = _create_change_set(self, stack_name, change_set_name, template, **more)
    change_set = self.change_sets[created]
    if more["change_set_type"] == "UPDATE" and not change_set.changes and _outputs(change_set) == _outputs(existing):
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.status_reason = _NOTHING
    return created, stack_id


def execute_change_set(self: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
    """Execute the change set, with an event for each resource, and roll back on a failure."""
    change_set = self.describe_change_set(change_set_name)
    if change_set is None or change_set.execution_status != "AVAILABLE":
        raise ValidationError(message=f"ChangeSet [{change_set_name}] cannot be executed in its current status")
    stack, kind = change_set.stack, change_set.change_set_type
    before = (stack.template, stack.template_dict, stack.parameters)
    change_set.execution_status = "EXECUTE_FAILED"
    stack._add_stack_event(f"{kind}_IN_PROGRESS", resource_status_reason="User Initiated")
    try:
        _apply(stack, change_set.template_dict, change_set.parameters, _names_by_action(change_set))
    except Exception as error:
        _tell(stack, _failed(error), "", f"{kind}_FAILED", str(error))
        _roll_back(stack, change_set, before)
        return
    change_set.execution_status = "EXECUTE_COMPLETE"
    _settle(stack, change_set.template, change_set.template_dict, change_set.parameters)
    for export in stack.exports:
        self.exports[export.name] = export
    for change in change_set.changes:
        status = {"Add": "CREATE", "Modify": "UPDATE", "Remove": "DELETE"}[change.action]
        _tell(stack, change.logical_resource_id, change.resource_type, f"{status}_COMPLETE")
    _end(stack, f"{kind}_COMPLETE")


def delete_unless_retained(self: ResourceMap, parsed_resource: Any, resource_json: dict[str, Any]) -> None:
    """Delete a resource, unless its ``DeletionPolicy`` retains it."""
    if resource_json.get("DeletionPolicy") not in _RETAINED:
        _delete_resource(self, parsed_resource, resource_json)


def _check_types(template: str) -> None:
    """Refuse types that have no backend here; moto would leave them out, or fail on their attributes."""
    types = {resource["Type"] for resource in Stack.parse_template(template)["Resources"].values()}
    if unknown := sorted(types - set(get_model_map()) - set(NULL_MODELS)):
        raise ValidationError(message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")


def _validate_different_update(self: CloudFormationResponse, *_: Any) -> None:
    """Accept a template without changes, as CreateChangeSet does, with a status that says so."""
    if self._get_action() == "UpdateStack":
        _refuse_same(self, *_)


_refuse_same = CloudFormationResponse._validate_different_update


def _outputs(of: ChangeSet | Stack | None) -> Any:
    return None if of is None else of.template_dict.get("Outputs")


def _settle(stack: Stack, template: str, template_dict: dict[str, Any], parameters: dict[str, str]) -> None:
    stack.template, stack.template_dict, stack.parameters = template, template_dict, parameters
    stack.description = template_dict.get("Description")
    stack.output_map = stack._create_output_map()


def _names_by_action(change_set: ChangeSet) -> dict[str, list[str]]:
    changes = change_set.changes
    return {
        action: [change.logical_resource_id for change in changes if change.action == action]
        for action in ("Add", "Modify", "Remove")
    }


def _apply(
    stack: Stack, template: dict[str, Any], parameters: dict[str, str], names_by_action: dict[str, list[str]]
) -> None:
    """Change the resources; moto's own comparison ignores ``Fn::Sub``."""
    resources = stack.resource_map
    resources.input_parameters = parameters  # moto keeps the old ones when there are none
    resources.build_resource_diff = lambda *_: names_by_action  # type: ignore[method-assign]
    try:
        resources.update(template, parameters)
    finally:
        del resources.build_resource_diff


def _roll_back(stack: Stack, change_set: ChangeSet, before: tuple[Any, dict[str, Any], dict[str, str]]) -> None:
    resources, is_new = stack.resource_map, change_set.change_set_type == "CREATE"
    prefix = "ROLLBACK" if is_new else "UPDATE_ROLLBACK"
    stack._add_stack_event(f"{prefix}_IN_PROGRESS", resource_status_reason="The following resource(s) failed")
    done = _names_by_action(change_set)
    for name in done["Add"][::-1]:
        made, wanted = resources._parsed_resources.pop(name, None), change_set.template_dict["Resources"][name]
        if made and wanted.get("DeletionPolicy") != "Retain":
            _delete_resource(resources, made, wanted)
    if is_new:
        resources._resource_json_map = {}
    else:
        gone = [n for n in done["Remove"] if before[1]["Resources"][n].get("DeletionPolicy") not in _RETAINED]
        for name in gone:
            resources._parsed_resources.pop(name, None)
        _apply(stack, before[1], before[2], {"Add": gone, "Modify": done["Modify"], "Remove": []})
        _settle(stack, *before)
    _end(stack, f"{prefix}_COMPLETE")


def _end(stack: Stack, status: str) -> None:
    stack.status = status
    stack._add_stack_event(status)


def _tell(stack: Stack, logical_id: str, kind: str, status: str, reason: str | None = None) -> None:
    resource = stack.resource_map._parsed_resources.get(logical_id)
    physical = getattr(resource, "physical_resource_id", "")
    stack.events.append(Event(stack.stack_id, stack.name, logical_id, physical, kind, status, reason, None))


def _failed(error: BaseException) -> str:
    return str(getattr(error, "logical_resource_id", "unknown"))


def _named_when_it_fails(create: Callable[..., Any]) -> Callable[..., Any]:
    """Name the resource in an error: the innermost, as a resource is created within another."""

    def created(logical_id: str, *arguments: Any, **named: Any) -> Any:
        try:
            return create(logical_id, *arguments, **named)
        except Exception as error:
            if not hasattr(error, "logical_resource_id"):
                error.logical_resource_id = logical_id  # type: ignore[attr-defined]
            raise

    return created
