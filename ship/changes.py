"""One stack, changed by a change set: what would change, and doing it with everything told that happens."""

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

NOT_THERE = (None, "REVIEW_IN_PROGRESS")
"""The status of a stack of which nothing was made yet: a change set alone announces it."""
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
"""Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html"""
_POLL_SECONDS = 5.0
_WHAT_NOW = {
    "ROLLBACK_COMPLETE": "Nothing of the stack is left. Mend the cause and deploy again.",
    "UPDATE_ROLLBACK_COMPLETE": "The stack is as it was before. Mend the cause and deploy again.",
    "UPDATE_ROLLBACK_FAILED": "It is neither new nor old. Mend the cause, then: "
    "aws cloudformation continue-update-rollback --stack-name {name}",
    "ROLLBACK_FAILED": "Some of it could not be removed. Mend the cause, then: "
    "aws cloudformation delete-stack --stack-name {name}",
    "DELETE_FAILED": "Some of it could not be removed. Mend the cause and destroy again. (A policy that is attached to "
    "somebody else's role, or a role that was given somebody else's policies: detach them first.)",
}

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Changer:
    """Changes stacks.

    :param deadline_seconds: when to stop watching a stack; CloudFormation goes on by itself.
    """

    client: CloudFormationClient
    show: Show = print
    deadline_seconds: float = 90 * 60
    poll_seconds: float = _POLL_SECONDS

    def preview(self, name: str, template: Template, values: Mapping[str, str]) -> list[ChangeTypeDef]:
        """Return what would change, and leave nothing behind."""
        try:
            change_set = self._create(name, template, values)
            changes = self._changes(change_set)
            self.client.delete_change_set(ChangeSetName=change_set)
        finally:
            if self._status(name) == "REVIEW_IN_PROGRESS":  # announced by the change set, and by nobody made meanwhile
                self.client.delete_stack(StackName=name)
        return changes

    def apply(self, name: str, template: Template, values: Mapping[str, str]) -> dict[str, str]:
        """Make the stack what the template says, and return its outputs.

        :raises SystemExit: when it fails, saying why and what to do.
        """
        if self._status(name) == "ROLLBACK_COMPLETE":
            self.show(f"{name}: its first creation had failed; what is left of it is removed")
            self.delete(name)
        change_set = self._create(name, template, values)
        changes = self._changes(change_set)
        self.show(f"{name}: {len(changes)} changes" if changes else f"{name}: as it should be")
        if changes or self._is_executable(change_set):
            seen = self._event_ids(name)
            self.client.execute_change_set(ChangeSetName=change_set)
            self._watch(name, seen, {"CREATE_COMPLETE", "UPDATE_COMPLETE"})
        else:
            self.client.delete_change_set(ChangeSetName=change_set)
        return outputs_of(find_stack(self.client, name))

    def delete(self, name: str) -> None:
        """Delete a stack that is there, and wait until it is gone.

        :raises SystemExit: when it fails, saying why and what to do.
        """
        stack = find_stack(self.client, name)
        if stack is None:
            return
        # By its id: the events of a deleted stack are found by no name.
        stack_id = stack["StackId"]
        seen = self._event_ids(stack_id)
        self.client.delete_stack(StackName=stack_id)
        self._watch(stack_id, seen, {"DELETE_COMPLETE"})

    def _status(self, name: str) -> str | None:
        stack = find_stack(self.client, name)
        status = stack["StackStatus"] if stack else None
        if status and status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise SystemExit(f"{name} is {status}: somebody is changing it. Wait for its end, and try again.")
        return status

    def _create(self, name: str, template: Template, values: Mapping[str, str]) -> str:
        created = self.client.create_change_set(
            StackName=name,
            ChangeSetName=f"lake-gate-{uuid.uuid4()}",
            ChangeSetType="CREATE" if self._status(name) in NOT_THERE else "UPDATE",
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
                    raise SystemExit(f"{name}: CloudFormation refuses the change: {reason}\nNothing of it was changed.")
                break
        return change_set

    def _changes(self, change_set: str) -> list[ChangeTypeDef]:
        pages = self.client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
        return [change for page in pages for change in page["Changes"]]

    def _is_executable(self, change_set: str) -> bool:
        """Whether there is something to do although no resource changes: new outputs, say."""
        return self.client.describe_change_set(ChangeSetName=change_set)["ExecutionStatus"] == "AVAILABLE"

    def _event_ids(self, name: str) -> set[str]:
        return {event["EventId"] for event in self._events(name)}

    def _events(self, name: str) -> list[StackEventTypeDef]:
        """Return the events of a stack, the first one first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def _watch(self, name: str, seen: set[str], good: set[str]) -> None:
        """Tell each new event until the stack itself is at its end; older events are no sign of that."""
        failed: StackEventTypeDef | None = None
        for _ in self._until_deadline(name):
            for event in self._events(name):
                if event["EventId"] in seen:
                    continue
                seen.add(event["EventId"])
                self.show("  " + _line(event))
                status = event.get("ResourceStatus", "")
                is_stack = event.get("PhysicalResourceId") == event["StackId"]
                if status.endswith("_FAILED") and not is_stack:
                    failed = failed or event
                elif is_stack and status in good:
                    return
                elif is_stack and status in _WHAT_NOW:
                    raise SystemExit(_why(event["StackName"], status, failed or event))

    def _until_deadline(self, of: str) -> Iterator[None]:
        end = time.monotonic() + self.deadline_seconds
        while True:
            yield
            if time.monotonic() > end:
                raise SystemExit(
                    f"{of} is not at its end after {self.deadline_seconds / 60:.0f} minutes. CloudFormation goes on: "
                    "see its console, and run the command again when it is done."
                )
            time.sleep(self.poll_seconds)


def _line(event: StackEventTypeDef) -> str:
    reason = event.get("ResourceStatusReason", "")
    status, resource = event.get("ResourceStatus", ""), event.get("LogicalResourceId", "")
    return f"{event['Timestamp']:%H:%M:%S} {status:28} {resource}{f' - {reason}' if reason else ''}"


def _why(name: str, status: str, event: StackEventTypeDef) -> str:
    reason = event.get("ResourceStatusReason", "no reason given")
    what = _WHAT_NOW[status].format(name=name)
    return f"{name} is {status}. It began with {event.get('LogicalResourceId')}: {reason}\n{what}"
