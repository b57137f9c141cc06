"""Exceptions in the run record: those that were used, and what the digest reports about the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lake_gate.exceptions.store import note_use
from lake_gate.model.exception import PolicyException
from lake_gate.model.run import RECORD, Run
from lake_gate.recording.entries import read_record
from lake_gate.recording.record import Totals
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def exceptions_in_record(
    exceptions: Iterable[PolicyException], basis: Mapping[str, Any], totals: Totals
) -> dict[str, Any]:
    """Return the members of the record's rules that are about exceptions.

    ``exceptions`` has those that were used, each with the number of ``objects``; ``standing_exceptions`` those that end
    soon, those that no run has used yet, and sentences about damaged ones.

    :param exceptions: those that the run decided with.
    :param basis: content of ``plan.json``.
    """
    used = [
        {**{name: getattr(each, name) for name in ("id", "kind", "release", "until")}, "objects": objects}
        for each in exceptions
        if (objects := totals.exceptions[each.id])
    ]
    standing = {"ending": [], "never_used": [], "problems": [], **(basis.get("exceptions") or {})}
    never_used = [exception_id for exception_id in standing["never_used"] if not totals.exceptions[exception_id]]
    return {"exceptions": used, "standing_exceptions": {**standing, "never_used": never_used}}


def note_uses(s3: S3Client, bronze: str, run: Run) -> None:
    """Note the exceptions that a run has used, by its record."""
    uri = f"s3://{bronze}/{run.document(RECORD)}"
    used = [each["id"] for each in read_record(s3, bronze, run, "rules")["rules"].get("exceptions", ())]
    for _ in map_threads(lambda exception_id: note_use(s3, bronze, run.feed, exception_id, uri), used):
        pass
