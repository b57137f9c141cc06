"""Operator that sends the messages about a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lake_gate.base import GateOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class NotifyOperator(GateOperator):
    """Send one message about the run: to the high topic if its worst severity is High, else to the low topic.

    A dry run moves nothing, so its messages go to the low topic.

    A retry sends the message again only if the outcome of the run has changed. Returns the id of the message. An
    error of a topic fails the task after all other messages were sent; it does not affect the files.

    :param messages: ``digest``, or ``each finding`` to also send a message for each finding of the run, to the topic of
        its severity.
    """

    def __init__(self, *, messages: str = "digest", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.messages = messages

    def step(self, context: Context) -> str:
        """Read the record, and publish its digest and the findings."""
        from lake_gate.notifications.run_messages import notify

        return notify(self, self.run_of(context))
