"""Change of one stack by a change set: preview it, or execute it and show its events."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.stacks import Template, as_api, find_stack, outputs_of

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef, StackEventTypeDef

NOT_CREATED = (None, "REVIEW_IN_PROGRESS")
"""Statuses of a stack that has no resources yet; a change set of a new stack has REVIEW_IN_PROGRESS."""
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
"""Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html"""
_POLL_SECONDS = 5.0
_ADVICE = {
    "ROLLBACK_COMPLETE": "All resources of the stack were removed. Fix the cause and deploy again.",
    "UPDATE_ROLLBACK_COMPLETE": "The stack has its previous state. Fix the cause and deploy again.",
    "UPDATE_ROLLBACK_FAILED": "The stack is in a mixed state. Fix the cause, then: "
    "aws cloudformation continue-update-rollback --stack-name {name}",
    "ROLLBACK_FAILED": "Some resources could not be removed. Fix the cause, then: "
    "aws cloudformation delete-stack --stack-name {name}",
    "DELETE_FAILED": "Some resources could not be removed. Fix the cause and destroy again. (First detach policies "
    "of the stack from roles outside it, and policies from outside it from roles of the stack.)",
}

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Changer:
    """Changes stacks.

    :param deadline_seconds: when to stop watching a stack; CloudFormation continues.
    """

    client: CloudFormationClient
    show: Show = print
    deadline_seconds: float = 90 * 60
    poll_seconds: float = _POLL_SECONDS

    def preview(self, name: str, template: Template, values: Mapping[str, str]) -> list[ChangeTypeDef]:
        """Return the changes, and delete the change set and a stack that was created for it."""
        try:
            change_set = self._create(name, template, values)
            changes = self._changes(change_set)
            self.client.delete_change_set(ChangeSetName=change_set)
        finally:
            if self._status(name) == "REVIEW_IN_PROGRESS":  # created by this change set, and not deployed since
                self.client.delete_stack(StackName=name)
        return changes

    def apply(self, name: str, template: Template, values: Mapping[str, str]) -> dict[str, str]:
        """Create or update the stack, and return its outputs.

        :raises SystemExit: when it fails, with the cause and what to do.
        """
        if self._status(name) == "ROLLBACK_COMPLETE":
            self.show(f"{name}: its first creation failed; the failed stack is deleted")
            self.delete(name)
        change_set = self._create(name, template, values)
        changes = self._changes(change_set)
        self.show(f"{name}: {len(changes)} changes" if changes else f"{name}: unchanged")
        if changes or self._is_executable(change_set):
            seen = self._event_ids(name)
            self.client.execute_change_set(ChangeSetName=change_set)
            self._watch(name, seen, {"CREATE_COMPLETE", "UPDATE_COMPLETE"})
        else:
            self.client.delete_change_set(ChangeSetName=change_set)
        return outputs_of(find_stack(self.client, name))

    def delete(self, name: str) -> None:
        """Delete a stack if it exists, and wait until it is deleted.

        :raises SystemExit: when it fails, with the cause and what to do.
        """
        stack = find_stack(self.client, name)
        if stack is None:
            return
        # By its id: the events of a deleted stack are not found by its name.
        stack_id = stack["StackId"]
        seen = self._event_ids(stack_id)
        self.client.delete_stack(StackName=stack_id)
        self._watch(stack_id, seen, {"DELETE_COMPLETE"})

    def _status(self, name: str) -> str | None:
        stack = find_stack(self.client, name)
        status = stack["StackStatus"] if stack else None
        if status and status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise SystemExit(
                f"{name} is {status}: another change is in progress. Wait until it has ended, and try again."
            )
        return status

    def _create(self, name: str, template: Template, values: Mapping[str, str]) -> str:
        created = self.client.create_change_set(
            StackName=name,
            ChangeSetName=f"lake-gate-{uuid.uuid4()}",
            ChangeSetType="CREATE" if self._status(name) in NOT_CREATED else "UPDATE",
            TemplateBody=template.body,
            Parameters=as_api(values),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        change_set = created["Id"]
        for _ in self._until_deadline(f"the change set of {name}"):
            described = self.client.describe_change_set(ChangeSetName=change_set)
            if described["Status"] == "CREATE_COMPLETE":
                break
            if described["Status"] == "FAILED":
                reason = described.get("StatusReason", "no reason given")
                if not any(words in reason for words in _NO_CHANGES):
                    self.client.delete_change_set(ChangeSetName=change_set)
                    raise SystemExit(f"{name}: CloudFormation refused the change: {reason}\nThe stack was not changed.")
                break
        return change_set

    def _changes(self, change_set: str) -> list[ChangeTypeDef]:
        pages = self.client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
        return [change for page in pages for change in page["Changes"]]

    def _is_executable(self, change_set: str) -> bool:
        """Return whether the change set can be executed although no resource changes, for example for new outputs."""
        return self.client.describe_change_set(ChangeSetName=change_set)["ExecutionStatus"] == "AVAILABLE"

    def _event_ids(self, name: str) -> set[str]:
        return {event["EventId"] for event in self._events(name)}

    def _events(self, name: str) -> list[StackEventTypeDef]:
        """Return the events of a stack, oldest first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def _watch(self, name: str, seen: set[str], final: set[str]) -> None:
        """Show each new event until the stack itself has a final status; older events are ignored."""
        failed: StackEventTypeDef | None = None
        for _ in self._until_deadline(name):
            for event in self._events(name):
                if event["EventId"] in seen:
                    continue
                seen.add(event["EventId"])
                self.show("  " + _event_line(event))
                status = event.get("ResourceStatus", "")
                is_stack = event.get("PhysicalResourceId") == event["StackId"]
                if status.endswith("_FAILED") and not is_stack:
                    failed = failed or event
                elif is_stack and status in final:
                    return
                elif is_stack and status in _ADVICE:
                    raise SystemExit(_failure(event["StackName"], status, failed or event))

    def _until_deadline(self, subject: str) -> Iterator[None]:
        end = time.monotonic() + self.deadline_seconds
        while True:
            yield
            if time.monotonic() > end:
                raise SystemExit(
                    f"{subject} did not finish within {self.deadline_seconds / 60:.0f} minutes. CloudFormation "
                    "continues: see its console, and run the command again when it has finished."
                )
            time.sleep(self.poll_seconds)


def _event_line(event: StackEventTypeDef) -> str:
    reason = event.get("ResourceStatusReason", "")
    status, resource = event.get("ResourceStatus", ""), event.get("LogicalResourceId", "")
    return f"{event['Timestamp']:%H:%M:%S} {status:28} {resource}{f' - {reason}' if reason else ''}"


def _failure(name: str, status: str, event: StackEventTypeDef) -> str:
    reason = event.get("ResourceStatusReason", "no reason given")
    advice = _ADVICE[status].format(name=name)
    return f"{name} is {status}. The first failure was {event.get('LogicalResourceId')}: {reason}\n{advice}"
