"""Log lines that CloudWatch alarms count: they work when no notification can be sent.

The metric filters of ``infra/watch.yaml`` match these words in the logs of tasks. The logs of the DAG processor do not
reach them: a run that exceeds its deadline is reported by its notification alone.
"""

from __future__ import annotations

import logging

from lake_gate.model.names import ALARM, loggable

FAILED = f"{ALARM}: failed"
HELD_TOO_LONG = f"{ALARM}: held too long"

log = logging.getLogger(__name__)


def alarm(words: str, about: str) -> None:
    """Log a line that the alarm for these words counts.

    :param about: names and counts to add to the line.
    """
    log.error("%s: %s", words, loggable(about))
