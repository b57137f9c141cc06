"""Index of the runs of a feed: one row per run, the newest first, so that the last runs are one read. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lake_gate.model import jsonl
from lake_gate.model.run import Run

SCHEMA = "lake-gate/runs/1"
MOST_RUNS = 1000
"""Most runs in an index; the documents of older runs stay."""
MOST_MESSAGES = 20
RUNNING, RECORDED, EMPTY, FAILED = STATES = ("running", "recorded", "empty", "failed")
"""States of a run: begun; with a record; with a record of an empty delivery; failed, with or without a record."""
_ANY_FEED = "feed"


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the index.

    :param folder: folder of the run in keys, see :class:`lake_gate.model.run.Run`.
    :param state: ``running``, ``recorded``, ``empty`` or ``failed``.
    :param started_at: ISO 8601, UTC, as ``updated_at``; None if unknown.
    :param source: without user, password and signature.
    :param started_by: name of the user, or the type of the run (``scheduled``).
    :param outcomes: number of objects by outcome.
    :param severity: highest severity of the objects.
    :param usd: estimated cost of the scan.
    :param scanned_bytes: bytes in the scope of the scan.
    :param reason: why the task failed: the class of the error or Airflow's reason.
    :param messages: ids of the messages about the run.
    """

    run_id: str
    folder: str
    state: str = RUNNING
    started_at: str | None = None
    updated_at: str = ""
    is_dry_run: bool = False
    source: str = ""
    started_by: str | None = None
    airflow_url: str | None = None
    objects: int | None = None
    size_bytes: int | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    severity: str | None = None
    usd: float | None = None
    scanned_bytes: int | None = None
    failed_task: str | None = None
    reason: str | None = None
    messages: Sequence[str] = ()

    @property
    def has_record(self) -> bool:
        """Whether the run has written its record; it may have failed afterwards."""
        return self.state in {RECORDED, EMPTY} or bool(self.outcomes)


def parse(content: bytes | None) -> list[RunRow] | None:
    """Return the rows of an index; None if it is missing or damaged, so that it has to be rebuilt.

    A single row that is not valid is left out.
    """
    try:
        document = jsonl.parse(content or b"null")
        listed = document["runs"] if document["schema"] == SCHEMA else None
    except (ValueError, KeyError, TypeError):
        return None
    return list(_valid_rows(listed)) if isinstance(listed, list) else None


def _valid_rows(listed: Iterable[Any]) -> Iterable[RunRow]:
    for row in listed:
        try:
            parsed = jsonl.from_dict(RunRow, row)
            Run.of_folder(_ANY_FEED, parsed.folder)
        except ValueError:
            continue
        if parsed.state in STATES:
            yield parsed


def dump(feed: str, rows: Iterable[RunRow]) -> bytes:
    """Return the index with these rows, the newest first."""
    content = {"schema": SCHEMA, "feed": feed, "runs": [asdict(row) for row in ordered(rows)]}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def ordered(rows: Iterable[RunRow]) -> list[RunRow]:
    """Return the newest rows, the newest first."""
    return sorted(rows, key=lambda row: row.started_at or row.updated_at, reverse=True)[:MOST_RUNS]


def updated(rows: Iterable[RunRow], run_id: str, folder: str, changes: dict[str, Any]) -> list[RunRow]:
    """Return the rows with these members of one run changed.

    ``messages`` are added to those that are known; ``started_at`` stays, because Airflow changes it when a run is
    cleared.
    """
    by_id = {row.run_id: row for row in rows}
    row = by_id.get(run_id) or RunRow(run_id, folder)
    messages = tuple(dict.fromkeys([*row.messages, *changes.get("messages", ())]))[-MOST_MESSAGES:]
    started_at = row.started_at or changes.get("started_at")
    by_id[run_id] = replace(row, **{**changes, "messages": messages, "started_at": started_at})
    return list(by_id.values())
