"""Read what a page shows: the runs of feeds, a run with its files, a file with its columns and its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake_gate.decision.amendments import Amendments
from lake_gate.display import facts, times
from lake_gate.display.columns import Detection
from lake_gate.display.files import FileRow
from lake_gate.errors import DocumentTooLargeError
from lake_gate.model.run import COLUMNS, JOB, MANIFEST, MOVES, OBJECTS, PLAN, RECORD, RESULTS, RUN_REPORT, Run
from lake_gate.model.runs import EMPTY, FAILED, RECORDED, RUNNING
from lake_gate.pages import columns, files, runs, states
from lake_gate.pages.columns import PastRun
from lake_gate.pages.lake import MOST_HISTORY_BYTES, Folder, Lake
from lake_gate.pages.places import Place, Release, place_of, place_of_copy
from lake_gate.pages.reviews import Reviews, read_reviews
from lake_gate.pages.runs import FeedRow
from lake_gate.s3.threads import map_threads

if TYPE_CHECKING:
    from lake_gate.pages.today import Today

_OPEN = {"running", "queued", "scheduled"}
"""States of a run in Airflow that is not over."""
_MOST_PAST_RUNS = 10
_THREADS = 8
_MASKED = "masked/"
"""Folder of the documents of a masked run."""
_STEPS = (
    ("landed", (MANIFEST,)),
    ("scanned", (RESULTS, JOB)),
    ("decided", (PLAN,)),
    ("moved", (MOVES, RECORD)),
    ("recorded", (RECORD,)),
)
"""Steps of a run, each with the documents that show that it was reached."""


@dataclass(frozen=True)
class RunView:
    """A run, and what is known about it.

    :param row: of the index of runs; None for runs before there was an index.
    :param rows: all rows of the feed, the latest first.
    :param state_in_airflow: None if Airflow does not know the run any more.
    :param of_copies: amendments to the masked copies of the run.
    :param index_problem: of the index of runs, see :class:`lake_gate.pages.lake.Index`.
    """

    lake: Lake
    run: Run
    folder: Folder
    record: Mapping[str, Any]
    pin: Mapping[str, Any]
    row: FeedRow | None
    rows: Sequence[FeedRow]
    state_in_airflow: str | None
    amendments: Amendments
    of_copies: Amendments
    index_problem: str = ""

    @property
    def exists(self) -> bool:
        """Whether anything is known about the run."""
        return bool(self.row or self.folder.sizes or self.state_in_airflow)

    @property
    def is_recorded(self) -> bool:
        """Whether the record and its entries are written."""
        return bool(self.record) and OBJECTS in self.folder.sizes

    @property
    def is_dry_run(self) -> bool:
        """Whether the run moves nothing."""
        pinned = facts.member(self.record, "dry_run") is True or facts.member(self.pin, "dry_run") is True
        return pinned or bool(self.row and self.row.is_dry_run)

    @property
    def objects(self) -> int:
        """Number of landed files."""
        return facts.number(self.record, "totals", "objects") or (self.row.objects if self.row else None) or 0

    @property
    def state(self) -> str:
        """One of ``recorded``, ``empty``, ``failed``, ``running`` and ``ended``: over, without a record."""
        if (self.row and self.row.state == FAILED) or self.state_in_airflow == FAILED:
            return FAILED
        if self.is_recorded:
            return RECORDED if self.objects else EMPTY
        return RUNNING if self.state_in_airflow in _OPEN or self._is_open else "ended"

    @property
    def _is_open(self) -> bool:
        return self.state_in_airflow is None and bool(self.row and self.row.state == RUNNING)

    @property
    def steps(self) -> list[tuple[str, bool]]:
        """The steps of a run, and whether each was reached."""
        present = {*self.folder.sizes, *self.folder.folders}
        return [(name, bool(present.intersection(documents))) for name, documents in _STEPS]

    @property
    def notices(self) -> list[str]:
        """What is not known about earlier and later runs, in sentences."""
        return [states.of_index(self.run.feed, self.index_problem)] if self.index_problem else []

    @property
    def has_columns(self) -> bool:
        """Whether the run has recorded what was found in which column."""
        return COLUMNS in self.folder.sizes

    @property
    def outcomes(self) -> dict[str, int]:
        """Number of files by outcome."""
        return facts.counts(self.record, "totals", "outcomes")

    def entries(self) -> Iterator[Mapping[str, Any]]:
        """Yield the entries of the run's files."""
        return self.lake.entries(self.folder, self.amendments)

    def column_lines(self) -> Iterator[Mapping[str, Any]]:
        """Yield what was found in which column."""
        return self.lake.lines(self.folder, COLUMNS)

    @property
    def has_report(self) -> bool:
        """Whether the record's report was written."""
        return RUN_REPORT in self.folder.sizes

    def report(self) -> bytes | None:
        """Return the report of the run; None without one."""
        return self.lake.report(self.folder)

    def releases(self) -> dict[tuple[str, str], Release]:
        """Return the held copies of the feed that later runs have re-processed."""
        return self.lake.releases(self.run.feed, self.rows)

    def place(self, file: FileRow, releases: Mapping[tuple[str, str], Release]) -> Place:
        """Return where a file is now."""
        pending = file.name in self.amendments.made and file.name not in self.amendments.done
        return place_of(file, self.lake.buckets, releases.get((file.now[1], file.now[2])), is_pending=pending)

    def place_of_copy(self, file: FileRow) -> Place | None:
        """Return where the masked copy of a file is now; None without one."""
        return place_of_copy(file.name, file.copy.now, self.lake.buckets, self.of_copies) if file.copy else None


def read_run(lake: Lake, feed: str, run_id: str, state_in_airflow: str | None) -> RunView:
    """Read what is known about a run."""
    run, index = Run(feed, run_id), lake.index(feed)
    folder = lake.folder(run)
    row = next((row for row in index.rows if row.run_id == run_id), None)
    found = lake.record(folder), lake.pin(folder)
    of_copies = lake.amendments(lake.folder(run.masked)) if _MASKED in folder.folders else Amendments()
    amendments = lake.amendments(folder), of_copies
    return RunView(lake, run, folder, *found, row, index.rows, state_in_airflow, *amendments, index.problem)


def read_page(view: RunView, search: files.Search) -> files.Page:
    """Read one page of the files of a run."""
    with_column = files.names_with_column(view.column_lines(), search.text) if search.text else set()
    return files.page_of(view.entries(), search, with_column)


def read_file(view: RunView, name: str) -> FileRow | None:
    """Return a file of a run; None if the run has no such file."""
    return next((FileRow.of(entry) for entry in view.entries() if facts.text(entry, "name") == name), None)


def read_today(view: RunView, name: str) -> Today:
    """Return what would be decided about a file today."""
    from lake_gate.pages.today import decide_today  # most pages do not need the package of the decisions

    return decide_today(view.lake.s3, view.lake.buckets.bronze, view.run, name, view.folder.sizes, times.now())


def read_requests(view: RunView, name: str, place: Place) -> Reviews:
    """Return the review requests about a file; only a file that is or was in quarantine has some."""
    if place.kind not in {"quarantine", "purged"} or view.is_dry_run:
        return Reviews()
    now = times.now().isoformat(timespec="seconds")
    return read_reviews(view.lake.s3, view.lake.buckets.bronze, view.run.feed, view.run.folder, name, now)


def read_columns(view: RunView, name: str) -> list[Detection]:
    """Return what was found in which column of a file."""
    return columns.of_file(view.column_lines(), name)


def read_history(view: RunView, name: str) -> list[PastRun]:
    """Return the same table in earlier runs of the feed, the latest first; runs with large documents are left out."""
    earlier = runs.before(view.rows, view.run.run_id)[:_MOST_PAST_RUNS]
    read = map_threads(lambda row: _past_run(view.lake, view.run.feed, row, name), earlier, _THREADS)
    return [past for _, past in read if past]


def _past_run(lake: Lake, feed: str, row: FeedRow, name: str) -> PastRun | None:
    folder = lake.folder(Run.of_folder(feed, row.folder))
    try:
        entry = _same_table(lake.lines(folder, OBJECTS, MOST_HISTORY_BYTES), name)
        if entry is None:
            return None
        file = FileRow.of(entry)
        found = columns.of_file(lake.lines(folder, COLUMNS, MOST_HISTORY_BYTES), file.name)
    except DocumentTooLargeError:
        return None
    by_key = {item.key: item.cells for item in found}
    return PastRun(row.run_id, row.started_at or "", file.name, file.outcome, by_key)


def _same_table(entries: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    same = [entry for entry in entries if columns.is_same_table(facts.text(entry, "name"), name)]
    return next((entry for entry in same if facts.text(entry, "name") == name), same[0] if same else None)


def pinned_source(view: RunView) -> str:
    """Return the source of a run, as its documents name it."""
    return (
        facts.text(view.record, "run", "source")
        or facts.text(view.pin, "source")
        or (view.row.source if view.row else "")
    )
