"""How an error inside the local AWS is logged: its text could hold what stands in an object."""

from __future__ import annotations

import logging
import traceback

log = logging.getLogger(__name__)


def report(what: str, error: Exception) -> None:
    """Log that something failed, the kind of the error and the lines of code that led to it, never its text."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s failed inside the local AWS: %s\n%s", what, type(error).__name__, where)
