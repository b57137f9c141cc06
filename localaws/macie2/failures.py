"""Log errors inside the local AWS without their text, which could contain values of an object."""

from __future__ import annotations

import logging
import traceback

log = logging.getLogger(__name__)


def report(what: str, error: Exception) -> None:
    """Log the kind of an error and its traceback, never its text.

    :param what: the job or operation that failed.
    """
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s failed inside the local AWS: %s\n%s", what, type(error).__name__, where)
