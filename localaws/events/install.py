"""Put these rules in the place of moto's own, in process and for the server."""

from __future__ import annotations

import moto.events.models

from localaws.events.models import Rule
from localaws.events.patterns import EventPattern


def install() -> None:
    """Make moto keep rules from here; calling it again changes nothing.

    moto makes rules and patterns by their names in its module, which are all that is rebound; rules that it has made
    already stay as they are.
    """
    moto.events.models.Rule = Rule  # type: ignore[misc]
    moto.events.models.EventPattern = EventPattern  # type: ignore[misc]
