"""Exceptions with which a run decides: those in force, described for its plan, and pinned by a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lake_gate.decision.exceptions import in_force
from lake_gate.exceptions.store import read_all
from lake_gate.model import jsonl
from lake_gate.model.exception import PolicyException
from lake_gate.model.run import EXCEPTIONS, Run
from lake_gate.s3.documents import put_version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SOON = timedelta(days=7)
"""How long before its end an exception is reported."""
MOST_NAMED = 100
"""Most exceptions, and most problems, that a plan names of each kind."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Exceptions in force for a run.

    :param facts: for the plan: ``ending`` (ids of those that end soon, each with its last day), ``never_used`` (ids),
        ``problems`` (sentences about damaged ones).
    """

    exceptions: list[PolicyException]
    facts: dict[str, list[str]] = field(default_factory=lambda: {"ending": [], "never_used": [], "problems": []})


def read_standing(s3: S3Client, bronze: str, feed: str, now: datetime) -> Standing:
    """Return the exceptions of a feed that are in force.

    :param now: aware, UTC.
    """
    read, at = read_all(s3, bronze, feed), now.isoformat()
    exceptions = in_force(read.exceptions, feed, at)
    soon = (now + SOON).date().isoformat()
    ids = {exception.id for exception in exceptions}
    facts = {
        "ending": [f"{each.id} ({each.until})" for each in exceptions if each.until <= soon],
        "never_used": [exception_id for exception_id in read.never_used if exception_id in ids],
        "problems": read.problems,
    }
    return Standing(exceptions, {name: values[:MOST_NAMED] for name, values in facts.items()})


def pin_exceptions(s3: S3Client, bronze: str, run: Run, exceptions: list[PolicyException]) -> dict[str, Any]:
    """Write the exceptions with which the run decides; return the version of the document for the plan.

    :return: empty without exceptions.
    """
    if not exceptions:
        return {}
    lines = b"".join(jsonl.to_line(exception.to_json()) for exception in exceptions)
    return {EXCEPTIONS: put_version(s3, bronze, run.document(EXCEPTIONS), lines)}
