"""CreateStack, UpdateStack and DeleteStack.

moto leaves a stack whose creation fails in progress, with what was made; it forgets a stack that it cannot delete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import wraps
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id

from localaws.cloudformation import execution
from localaws.cloudformation.intrinsics import clean_json
from localaws.cloudformation.template import read_template

#: ``OnFailure`` of the request: moto does not pass it on.
on_failure: ContextVar[str] = ContextVar("on_failure", default="ROLLBACK")

#: Of a template in a request. Source:
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MOST_BODY_BYTES = 51_200
_MOST_VALUE_BYTES = 4096
#: Stacks within a stack: our own limit, as a template can name itself.
_DEEPEST = 8
_depth: ContextVar[int] = ContextVar("depth", default=0)
_UPDATABLE = {"CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"}
_WITHOUT_RESOURCES = {"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"}
_from_nested = Stack.create_from_cloudformation_json.__func__  # type: ignore[attr-defined]


def install() -> None:
    """Put these in the place of moto's; calling it again changes nothing."""
    CloudFormationBackend.create_stack = create_stack  # type: ignore[assignment, method-assign]
    CloudFormationBackend.update_stack = update_stack  # type: ignore[method-assign]
    CloudFormationBackend.delete_stack = delete_stack  # type: ignore[method-assign]
    for name in ("create_stack", "update_stack", "execute_change_set"):
        action = getattr(CloudFormationResponse, name)
        if not hasattr(action, "__wrapped__"):
            setattr(CloudFormationResponse, name, _with_on_failure(action))
    for name in ("create_stack", "update_stack", "create_change_set", "validate_template"):
        action = getattr(CloudFormationResponse, name)
        if not hasattr(action, "has_limit"):
            setattr(CloudFormationResponse, name, _with_limit(action))
    ResourceMap.resources = property(_made)  # type: ignore[assignment]
    # moto copies the whole template for it; all resources are made by then, see execution.create.
    ResourceMap._ResourceMap__get_resources_in_dependency_order = _made  # type: ignore[attr-defined]
    Stack.create_from_cloudformation_json = classmethod(_nested)  # type: ignore[assignment, method-assign]


def create_stack(
    self: CloudFormationBackend, name: str, template: str, parameters: dict[str, Any], **more: Any
) -> Stack:
    """Create a stack, or roll back."""
    body = read_template(template)
    check_parameters(body, parameters)
    if any(stack.name == name for stack in self.stacks.values()):
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    stack = Stack(  # type: ignore[abstract]
        stack_id=generate_stack_id(name, self.region_name, self.account_id),
        name=name,
        template=template,
        parameters=parameters,
        account_id=self.account_id,
        region_name=self.region_name,
        cross_stack_resources=self.exports,
        **more,
    )
    self.stacks[stack.stack_id] = stack
    stack._add_stack_event("CREATE_IN_PROGRESS", resource_status_reason="User Initiated")
    stack.disable_rollback = on_failure.get() == "DO_NOTHING"
    execution.create(stack, stack.template_dict, on_failure.get())
    if on_failure.get() == "DELETE" and stack.status == "ROLLBACK_COMPLETE":
        self.delete_stack(stack.stack_id)
    keep_exports(self, stack)
    return stack


def update_stack(
    self: CloudFormationBackend,
    name: str,
    template: str,
    role_arn: str | None,
    parameters: list[dict[str, Any]],
    tags: dict[str, str] | None,
) -> Stack:
    """Update a stack, or roll back."""
    stack = self.get_stack(name)
    body = read_template(template)
    if stack.status not in _UPDATABLE:
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
    values = self._resolve_update_parameters(instance=stack, incoming_params=parameters)
    check_parameters(body, values)
    change_set_id = generate_changeset_id("update", self.region_name, self.account_id)
    change_set = ChangeSet("UPDATE", change_set_id, "update", stack, template, values, "", [], tags, role_arn)
    if not change_set.changes and outputs_of(change_set) == outputs_of(stack) and tags in (None, stack.tags):
        raise ValidationError(message="No updates are to be performed.")
    execution.update(stack, change_set, on_failure.get())
    stack.role_arn, stack.tags = role_arn or stack.role_arn, tags or stack.tags
    keep_exports(self, stack)
    return stack


def delete_stack(self: CloudFormationBackend, name_or_stack_id: str) -> None:
    """Delete a stack; one with resources that cannot be deleted stays, as DELETE_FAILED."""
    for stack in [stack for stack in self.stacks.values() if name_or_stack_id in (stack.name, stack.stack_id)]:
        if stack.enable_termination_protection:
            message = f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            raise ValidationError(message=message)
        _check_exports(self, stack)
        if execution.delete(stack):
            del self.stacks[stack.stack_id]
            self.deleted_stacks[stack.stack_id] = stack
        for name in [name for name, export in self.exports.items() if export.exporting_stack_id == stack.stack_id]:
            del self.exports[name]


def check_parameters(template: dict[str, Any], values: dict[str, Any]) -> None:
    """Refuse values of parameters that the template does not have, or does not allow.

    :raises ValidationError: naming the parameter.
    """
    known = template.get("Parameters") or {}
    if missing := [name for name, slot in known.items() if "Default" not in slot and name not in values]:
        raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")
    if unknown := [name for name in values if name not in known]:
        raise ValidationError(message=f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    for name, value in values.items():
        if len(str(value).encode(errors="replace")) > _MOST_VALUE_BYTES:
            raise ValidationError(message=f"Parameter '{name}' exceeds {_MOST_VALUE_BYTES} bytes")
        allowed = known[name].get("AllowedValues")
        if allowed and str(value) not in map(str, allowed):
            raise ValidationError(
                message=f"Parameter '{name}' must be one of AllowedValues: [{', '.join(map(str, allowed))}]"
            )


def outputs_of(source: ChangeSet | Stack | None) -> Any:
    """Return the outputs in the template."""
    return None if source is None else source.template_dict.get("Outputs")


def keep_exports(backend: CloudFormationBackend, stack: Stack) -> None:
    """Let other stacks import what a stack exports."""
    if stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        for export in stack.exports:
            backend.exports[export.name] = export


def _check_exports(backend: CloudFormationBackend, stack: Stack) -> None:
    """Refuse to delete a stack while another one imports what it exports.

    :raises ValidationError: naming the export and the other stack.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
    """
    names = {name for name, export in backend.exports.items() if export.exporting_stack_id == stack.stack_id}
    others = [other for other in backend.stacks.values() if names and other is not stack]
    for other in (other for other in others if other.status not in _WITHOUT_RESOURCES):
        for name in names.intersection(_imports_of(other.template_dict, other.resource_map)):
            raise ValidationError(message=f"Export {name} cannot be deleted as it is in use by {other.name}")


def _imports_of(body: Any, resources: ResourceMap) -> Iterator[str]:
    """Yield the names of the exports that a template imports."""
    if isinstance(body, dict) and "Fn::ImportValue" in body:
        yield str(clean_json(body["Fn::ImportValue"], resources))
    elif isinstance(body, dict | list):
        for part in body.values() if isinstance(body, dict) else body:
            yield from _imports_of(part, resources)


def _with_limit(action: Callable[[CloudFormationResponse], Any]) -> Callable[[CloudFormationResponse], Any]:
    """Refuse a template that is too large for a request."""

    @wraps(action)
    def checked(self: CloudFormationResponse) -> Any:
        body = self._get_param("TemplateBody")
        if isinstance(body, str) and len(body.encode(errors="replace")) > _MOST_BODY_BYTES:
            what = "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have"
            raise ValidationError(message=f"{what} length less than or equal to {_MOST_BODY_BYTES}")
        return action(self)

    checked.has_limit = True  # type: ignore[attr-defined]
    return checked


def _with_on_failure(action: Callable[[CloudFormationResponse], Any]) -> Callable[[CloudFormationResponse], Any]:
    """Note what the request wants to happen when a resource fails."""

    @wraps(action)
    def noted(self: CloudFormationResponse) -> Any:
        wanted = self._get_param("OnFailure")
        if wanted and self._get_bool_param("DisableRollback") is not None:
            raise ValidationError(message="You can specify either DisableRollback or OnFailure, but not both.")
        wanted = wanted or ("DO_NOTHING" if self._get_bool_param("DisableRollback") else "ROLLBACK")
        if wanted not in ("DELETE", "DO_NOTHING", "ROLLBACK"):
            raise ValidationError(message="OnFailure must be one of: DELETE, DO_NOTHING, ROLLBACK")
        before = on_failure.set(wanted)
        try:
            return action(self)
        finally:
            on_failure.reset(before)

    return noted


def _made(resources: ResourceMap) -> list[str]:
    """Return the names of the resources that there are; moto makes what is described and does not exist yet."""
    return [name for name in resources._resource_json_map if resources._parsed_resources.get(name) is not None]


def _nested(kind: type[Stack], *arguments: Any, **named: Any) -> Stack:
    """Create a stack within another, which fails with it."""
    if _depth.get() == _DEEPEST:
        raise ValidationError(message=f"Stacks can be nested {_DEEPEST} deep in the local AWS")
    before = _depth.set(_depth.get() + 1)
    try:
        stack = _from_nested(kind, *arguments, **named)
    finally:
        _depth.reset(before)
    if stack.status != "CREATE_COMPLETE":
        raise ValidationError(message=f"Embedded stack {stack.stack_id} was not successfully created")
    made: Stack = stack
    return made
