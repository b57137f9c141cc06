"""Change sets as CloudFormation has them, where those of moto 5.2.5 fall short.

moto's change set of a new stack leaves the stack without outputs; it ignores a change of parameters alone;
resources whose condition is false count as added; two change sets of a stack that is not there yet make two stacks of
one name.

Left out: what would be replaced (``Replacement``), and changes that follow from other resources alone. An execution is
over when ExecuteChangeSet answers.
"""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.responses import CloudFormationResponse

from localaws.cloudformation import execution
from localaws.cloudformation.change_set_diff import diff
from localaws.cloudformation.stacks import check_parameters, keep_exports, on_failure, outputs_of
from localaws.cloudformation.template import read_template

_NOTHING = "The submitted information didn't contain changes. Submit different information to create a change set."

_create_change_set = CloudFormationBackend.create_change_set


def install() -> None:
    """Put these change sets in the place of moto's; calling it again changes nothing."""
    CloudFormationBackend.create_change_set = create_change_set  # type: ignore[assignment, method-assign]
    CloudFormationBackend.execute_change_set = execute_change_set  # type: ignore[method-assign]
    CloudFormationResponse._validate_different_update = lambda *_: None  # type: ignore[method-assign]  # see below
    ChangeSet.diff = diff  # type: ignore[method-assign]


def create_change_set(
    self: CloudFormationBackend, stack_name: str, change_set_name: str, template: str, **more: Any
) -> tuple[str, str]:
    """Create a change set; for a new stack, it replaces the stack of an earlier change set.

    Without changes its status says so; UpdateStack is an error then.
    """
    check_parameters(read_template(template), more["parameters"])
    existing = next((stack for stack in self.stacks.values() if stack.name == stack_name), None)
    if existing and more["change_set_type"] == "CREATE":
        if existing.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(message=f"Stack [{stack_name}] already exists and cannot be created again")
        del self.stacks[existing.stack_id]
    created, stack_id = _create_change_set(self, stack_name, change_set_name, template, **more)
    change_set = self.change_sets[created]
    if (
        more["change_set_type"] == "UPDATE"
        and not change_set.changes
        and outputs_of(change_set) == outputs_of(existing)
    ):
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.status_reason = _NOTHING
    return created, stack_id


def execute_change_set(self: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
    """Execute the change set, with an event for each resource, and roll back on a failure."""
    change_set = self.describe_change_set(change_set_name)
    if change_set is None or change_set.execution_status != "AVAILABLE":
        raise ValidationError(message=f"ChangeSet [{change_set_name}] cannot be executed in its current status")
    stack, kind = change_set.stack, change_set.change_set_type
    if kind == "CREATE":
        _create(stack, change_set)
    else:
        execution.update(stack, change_set, on_failure.get())
    is_done = stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    change_set.execution_status = "EXECUTE_COMPLETE" if is_done else "EXECUTE_FAILED"
    keep_exports(self, stack)


def _create(stack: Stack, change_set: ChangeSet) -> None:
    """Make the resources of a stack that so far only has the change set."""
    stack._add_stack_event("CREATE_IN_PROGRESS", resource_status_reason="User Initiated")
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack._parse_template()
    stack.resource_map = stack._create_resource_map()
    execution.create(stack, stack.template_dict, on_failure.get())
