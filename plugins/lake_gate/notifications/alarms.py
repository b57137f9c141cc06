"""Lines of the logs of tasks that alarms count: they tell people also when no message of ours can.

The metric filters of ``infra/watch.yaml`` look for these words. What the DAG processor logs does not reach them: a run
that its deadline ends is told by its message alone.
"""

from __future__ import annotations

import logging

from lake_gate.model.names import ALARM, loggable

FAILED = f"{ALARM}: failed"
HELD_TOO_LONG = f"{ALARM}: held too long"

log = logging.getLogger(__name__)


def alarm(words: str, about: str) -> None:
    """Log a line that the alarm of these words counts.

    :param about: names and counts.
    """
    log.error("%s: %s", words, loggable(about))
