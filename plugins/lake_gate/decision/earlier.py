"""``columns.jsonl`` of a run: write it with what earlier runs of the feed have seen, and read it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from lake_gate.decision.columns import ColumnLine, Key, line_of
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.run import COLUMNS, Run
from lake_gate.model.runs import RunRow
from lake_gate.runs_index import read_before
from lake_gate.s3.documents import iter_items, write_lines

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

MOST_RUNS = 30
"""Most earlier runs that are read. Each line says itself when it was seen first, so this is a limit for identifiers
that were missing in that many runs."""
MOST_LINES = 1_000_000


def iter_columns(s3: S3Client, bronze: str, run: Run) -> Iterator[ColumnLine]:
    """Yield the lines of a run's ``columns.jsonl``; none without the document, and none after a damaged line."""
    try:
        yield from iter_items(s3, bronze, run.document(COLUMNS), line_of, missing_ok=True)
    except DamagedDocumentError as error:
        log.warning("%s", error)


def write_columns(s3: S3Client, bronze: str, run: Run, lines: Callable[[], Iterable[ColumnLine]]) -> None:
    """Write the lines with the run in which each was seen first.

    :param lines: called twice, because a run may have more lines than fit in memory.
    """
    keys = {line.key for line in lines()}
    seen = first_seen(s3, bronze, run.feed, read_before(s3, bronze, run), keys) if keys else {}
    write_lines(s3, bronze, run.document(COLUMNS), (line.seen_first(seen).to_line() for line in lines()))


def first_seen(
    s3: S3Client, bronze: str, feed: str, before: Iterable[RunRow], keys: Collection[Key]
) -> dict[Key, dict[str, Any]]:
    """Return where each of the keys was seen first: ``run_id``, ``folder`` and ``at``; keys that are new are left out.

    :param before: the earlier runs, the newest first.
    """
    seen: dict[Key, dict[str, Any]] = {}
    wanted, room = set(keys), MOST_LINES
    for row in islice(before, MOST_RUNS):
        if not wanted or room <= 0:
            break
        this_run = {"run_id": row.run_id, "folder": row.folder, "at": row.started_at}
        for line in islice(iter_columns(s3, bronze, Run.of_folder(feed, row.folder)), room):
            room -= 1
            if line.key in wanted:
                seen[line.key] = line.first_seen or this_run
        wanted -= seen.keys()
    return seen
