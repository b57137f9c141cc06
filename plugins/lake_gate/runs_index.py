"""The index of runs of a feed, in bronze: read it, change a row of it, and rebuild it from the runs' documents.

``land``, ``record``, ``notify`` and the notifier of failures write it. Nothing is decided by it: an index that cannot
be written is logged and never fails a run, and one that is missing or damaged is rebuilt.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.errors import DamagedDocumentError, GateError, class_of
from lake_gate.model.evidence import Severity
from lake_gate.model.run import RECORD, RUN, RUNS, Run, index_of
from lake_gate.model.runs import EMPTY, FAILED, RECORDED, RUNNING, RunRow, dump, ordered, parse, updated
from lake_gate.s3.documents import read_document_or_none, read_object, update_document
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

MOST_DOCUMENT_BYTES = 4 * 1024**2
"""Larger records are left out of a rebuild: a record has sums, and no line per file."""
MOST_REBUILT = 200
"""Most runs that a rebuild reads, the newest by the times in their ids."""
RUN_DEADLINE = timedelta(hours=24)
"""A run without a record that began earlier is over: Airflow ends it then, see ``dagrun_timeout`` of its DAG."""
NOT_RECORDED = "not recorded"
"""Reason of a rebuilt row whose run is over and has no record."""
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.-]*")


def read_rows(s3: S3Client, bronze: str, feed: str) -> list[RunRow]:
    """Return the rows of a feed's index, the newest first.

    If the index is missing or damaged, the rows are those of the newest runs, from their documents.
    """
    rows = parse(read_document_or_none(s3, bronze, index_of(feed)))
    return ordered(rebuild(s3, bronze, feed) if rows is None else rows)


def read_before(s3: S3Client, bronze: str, run: Run) -> list[RunRow]:
    """Return the runs of the feed that began before this one, are not dry and have a record, the newest first."""
    rows = read_rows(s3, bronze, run.feed)
    this = _find_row(s3, bronze, run, rows)
    began_at = this.started_at if this else None
    others = (row for row in rows if row.has_record and not row.is_dry_run and row.folder != _own_folder(run))
    return [row for row in others if _is_before(row, began_at)]


def run_id_of(s3: S3Client, bronze: str, run: Run) -> str:
    """Return Airflow's run id of a run of which only the folder may be known; the folder if no document has it."""
    row = _find_row(s3, bronze, run, read_rows(s3, bronze, run.feed))
    return row.run_id if row else run.run_id


def _find_row(s3: S3Client, bronze: str, run: Run, rows: Iterable[RunRow]) -> RunRow | None:
    """Return the row of a run, from its documents if the index does not have it."""
    folder = _own_folder(run)
    row = next((row for row in rows if row.folder == folder), None)
    return row or _read_row(s3, bronze, Run.of_folder(run.feed, folder))


def _own_folder(run: Run) -> str:
    """Return the folder in the index: that of the originals, if this is a masked run."""
    return run.original.folder if run.is_masked else run.folder


def _is_before(row: RunRow, began_at: str | None) -> bool:
    return began_at is None or (row.started_at or "") < began_at


def upsert(s3: S3Client, bronze: str, run: Run, **changes: Any) -> None:
    """Change the row of a run, or add it; other writers' changes of other rows are kept.

    :param changes: members of :class:`lake_gate.model.runs.RunRow`; ``messages`` are added.
    """
    changes = {"updated_at": datetime.now(UTC).isoformat(timespec="seconds"), **changes}
    _update(s3, bronze, run.feed, lambda rows: updated(rows, run.run_id, run.folder, changes))


def update_outcomes(s3: S3Client, bronze: str, run: Run, totals: Mapping[str, Any]) -> None:
    """Change the outcomes of a run whose record was amended; a run that is not in the index is not added.

    :param totals: of its record.
    """
    facts: dict[str, Any] = {"outcomes": dict(totals["outcomes"]), "severity": _worst(totals["severities"])}
    _update(
        s3,
        bronze,
        run.feed,
        lambda rows: [replace(row, **facts) if row.folder == run.folder else row for row in rows],
    )


def _update(s3: S3Client, bronze: str, feed: str, change: Callable[[list[RunRow]], list[RunRow]]) -> None:
    def changed(current: bytes | None) -> bytes:
        rows = parse(current)
        return dump(feed, change(rebuild(s3, bronze, feed) if rows is None else rows))

    try:
        update_document(s3, bronze, index_of(feed), changed)
    except (ClientError, BotoCoreError, GateError) as error:
        log.warning("The index of the runs of %s was not changed: %s", feed, class_of(error))


def _worst(severities: Iterable[str]) -> str | None:
    known = [Severity(name) for name in severities if name in set(Severity)]
    return max(known, key=lambda severity: severity.rank).value if known else None


def rebuild(s3: S3Client, bronze: str, feed: str) -> list[RunRow]:
    """Return the rows of the newest runs, from ``run.json`` and ``record.json`` of each."""
    newest = sorted(_iter_folders(s3, bronze, feed), key=_time_in, reverse=True)[:MOST_REBUILT]
    return [row for _, row in map_threads(lambda run: _read_row(s3, bronze, run), newest) if row]


def _iter_folders(s3: S3Client, bronze: str, feed: str) -> Iterator[Run]:
    prefix = f"{RUNS}{feed}/"
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=prefix, Delimiter="/"):
        for folder in page.get("CommonPrefixes", ()):
            try:
                yield Run.of_folder(feed, folder["Prefix"].removeprefix(prefix).rstrip("/"))
            except ValueError:  # no run has such a folder
                continue


def _time_in(run: Run) -> tuple[str, str]:
    found = _TIME.search(run.folder)
    return (found[0] if found else "", run.folder)


def _read_row(s3: S3Client, bronze: str, run: Run) -> RunRow | None:
    """Return the row of a run from its documents; None if neither can be read."""
    try:
        pin = read_object(s3, bronze, run.document(RUN), _PIN_SHAPE, most_bytes=MOST_DOCUMENT_BYTES)
        record = read_object(s3, bronze, run.document(RECORD), _RECORD_SHAPE, most_bytes=MOST_DOCUMENT_BYTES)
    except DamagedDocumentError:
        return None
    if record:
        return RunRow(record["run"]["run_id"], run.folder, **row_of_record(record))
    if not pin:
        return None
    began_at = pin["began_at"]
    is_over = began_at < (datetime.now(UTC) - RUN_DEADLINE).isoformat(timespec="seconds")
    return RunRow(
        pin["run_id"],
        run.folder,
        state=FAILED if is_over else RUNNING,
        started_at=began_at,
        updated_at=began_at,
        is_dry_run=pin["dry_run"],
        source=pin["source"],
        reason=NOT_RECORDED if is_over else None,
    )


def row_of_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of the row of a run that follow from its ``record.json``."""
    run, totals, cost = record["run"], record["totals"], record.get("cost") or {}
    return {
        "state": RECORDED if totals["objects"] else EMPTY,
        "started_at": run.get("started_at"),
        "updated_at": run.get("recorded_at") or "",
        "is_dry_run": record["dry_run"],
        "source": run["source"],
        "started_by": run.get("started_by"),
        "airflow_url": run.get("airflow_url"),
        "objects": totals["objects"],
        "size_bytes": totals.get("size_bytes"),
        "outcomes": dict(totals["outcomes"]),
        "severity": _worst(totals["severities"]),
        "usd": cost.get("usd"),
        "scanned_bytes": cost.get("size_bytes"),
        "failed_task": None,
        "reason": None,
    }


_TEXT, _TEXT_OR_NONE = {"type": "string"}, {"type": ["string", "null"]}
_NUMBER, _COUNTS = {"type": "integer"}, {"type": "object", "additionalProperties": {"type": "integer"}}
_PIN_SHAPE = {
    "type": "object",
    "properties": {**dict.fromkeys(("run_id", "source", "began_at"), _TEXT), "dry_run": {"type": "boolean"}},
    "required": ["run_id", "source", "began_at", "dry_run"],
}
_RECORD_SHAPE = {
    "type": "object",
    "properties": {
        "dry_run": {"type": "boolean"},
        "run": {
            "type": "object",
            "properties": {
                **dict.fromkeys(("run_id", "source"), _TEXT),
                **dict.fromkeys(("started_at", "recorded_at", "started_by", "airflow_url"), _TEXT_OR_NONE),
            },
            "required": ["run_id", "source"],
        },
        "totals": {
            "type": "object",
            "properties": {"objects": _NUMBER, "size_bytes": _NUMBER, "outcomes": _COUNTS, "severities": _COUNTS},
            "required": ["objects", "outcomes", "severities"],
        },
        "cost": {
            "type": ["object", "null"],
            "properties": {"usd": {"type": "number"}, "size_bytes": _NUMBER},
        },
    },
    "required": ["dry_run", "run", "totals"],
}
