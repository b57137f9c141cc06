"""Events of EventBridge: one on the account's default bus for each finding that is not archived.

Source: https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.events.models import EventsBackend, events_backends

from localaws.macie2.clock import to_text
from localaws.macie2.operations.area import Area
from localaws.macie2.outbox import Outbox


class Events(Area):
    """The events of an account."""

    outbox: Outbox

    def forget(self) -> None:
        super().forget()
        self.outbox = Outbox(self.account_id, self.region_name)

    def send_event(self, finding: Mapping[str, Any]) -> None:
        """Send the event of a finding that is not archived to the default event bus."""
        self.outbox.post(events_backends, lambda bus: _send(bus, finding))


def _send(bus: EventsBackend, finding: Mapping[str, Any]) -> None:
    if not bus.event_buses[
        "default"
    ].rules:  # saves time: a large job has many findings, and a bus is often without rules
        return
    event = {
        "Source": "aws.macie",
        "DetailType": "Macie Finding",
        "Detail": json.dumps(finding, default=to_text),
        "Resources": [],
        "Time": finding["updatedAt"].timestamp(),
    }
    bus.put_events([event])
