"""The Gate page: a FastAPI app that Airflow mounts below ``/gate``.

Every route but the static files is authorised by Airflow for the DAG that it is about. The pages read the gate's
documents and write nothing: acting on a run is left to Airflow's own API.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Annotated

from airflow.api_fastapi.core_api.security import GetUserDep
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from lake_gate.decision.reason import REASONS
from lake_gate.display import facts, times
from lake_gate.display.columns import Detection
from lake_gate.display.files import FileRow
from lake_gate.display.policies import exception_problems, policies_of, rule_descriptions
from lake_gate.display.words import STRICTEST_FIRST
from lake_gate.errors import (
    AwsError,
    AwsRefusedError,
    DamagedDocumentError,
    DocumentTooLargeError,
    SettingsError,
    class_of,
    from_aws_error,
)
from lake_gate.model.runs import STATES
from lake_gate.pages import chart, columns, files, places, runs, states, views
from lake_gate.pages.access import FeedAccess, FeedDep, ReadableFeedsDep, state_in_airflow
from lake_gate.pages.files import Search
from lake_gate.pages.lake import Lake, open_lake
from lake_gate.pages.rendering import STATIC, SecurityHeaders, render, render_state
from lake_gate.pages.reviews import Form
from lake_gate.pages.runs import FeedRow, Filters
from lake_gate.pages.states import State

log = logging.getLogger(__name__)

app = FastAPI(title="Gate", docs_url=None, redoc_url=None, openapi_url=None)
app.mount("/static", StaticFiles(directory=STATIC), name="static")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_TEXT, _MOST_NAME, _MOST_RUN_ID, _MOST_DIGITS = 200, 1024, 250, 6
_MOST_ROWS = 200
"""Runs in the list of the Gate page; the sums count all."""
_MOST_METHODS = 200
"""Masked columns of a copy on the page of its file."""

Text = Annotated[str, Query()]


class _StateError(Exception):
    """A page has nothing to show."""

    def __init__(self, state: State) -> None:
        super().__init__(state.title)
        self.state = state


@app.get("/")
def show_feeds(
    request: Request,
    feeds: ReadableFeedsDep,
    feed: Text = "",
    state: Text = "",
    since: Text = "",
    until: Text = "",
    dry: Text = "",
) -> HTMLResponse:
    """Show the runs of all feeds that the user may see."""
    wanted = feed if feed in {access.feed for access in feeds} else ""
    return _show_runs(request, feeds, _filters(wanted, state, since, until, dry), dag_id="")


@app.get("/dags/{dag_id}")
def show_feed(
    request: Request, access: FeedDep, state: Text = "", since: Text = "", until: Text = "", dry: Text = ""
) -> HTMLResponse:
    """Show the runs of one feed."""
    filters = _filters(access.feed, state, since, until, dry)
    return _show_runs(request, [access], filters, dag_id=access.dag_id)


def _filters(feed: str, state: str, since: str, until: str, dry: str) -> Filters:
    since, until = (day if _DAY.fullmatch(day) else "" for day in (since, until))
    return Filters(
        feed,
        state if state in {*STATES, "waiting"} else "",
        since,
        until,
        dry if dry in {"hide", "only"} else "",
    )


def _show_runs(request: Request, feeds: list[FeedAccess], filters: Filters, *, dag_id: str) -> HTMLResponse:
    lake = open_lake() if feeds else None
    rows, summary, notices = _read_rows(lake, feeds) if lake else ([], runs.summarize([], ""), [])
    shown = filters.apply(rows)
    return render(
        request,
        "gate.html",
        feeds=feeds,
        dag_ids={access.feed: access.dag_id for access in feeds},
        dag_id=dag_id,
        filters=filters,
        states=STATES,
        summary=summary,
        notices=notices,
        chart=chart.draw(shown),
        rows=shown[:_MOST_ROWS],
        found=len(shown),
        total=len(rows),
    )


def _read_rows(lake: Lake, feeds: list[FeedAccess]) -> tuple[list[FeedRow], runs.Summary, list[str]]:
    """Return the runs, the sums, and what is wrong with them."""
    rows: list[FeedRow] = []
    released: list[str] = []
    notices: list[str] = []
    for access in feeds:
        index = lake.index(access.feed)
        rows += index.rows
        notices += [states.of_index(access.feed, index.problem)] if index.problem else []
        try:
            released += [key for key, _ in lake.releases(access.feed, index.rows)]
        except DocumentTooLargeError:
            notices.append(f"{access.feed}: {states.RELEASES_NOT_COUNTED}")
    return runs.latest_first(rows), runs.summarize(rows, f"{times.now():%Y-%m}", released), notices


@app.get("/card")
def show_card(request: Request, feeds: ReadableFeedsDep) -> HTMLResponse:
    """Show the sums, for Airflow's home page."""
    _, summary, notices = _read_rows(open_lake(), feeds) if feeds else ([], None, [])
    return render(request, "card.html", summary=summary, notices=notices)


@app.get("/dags/{dag_id}/runs/{run_id}")
def show_run(
    request: Request,
    access: FeedDep,
    run_id: str,
    q: Text = "",
    outcome: Text = "",
    order: Text = "strictest",
    page: Text = "1",
) -> HTMLResponse:
    """Show a run, and a page of its files."""
    view = _view(access, run_id)
    search = _search(q, outcome, order, page)
    found = views.read_page(view, search) if view.is_recorded else files.Page([], 0, 0, 1)
    releases = view.releases() if any(file.is_held for file in found.files) else {}
    return render(
        request,
        "run.html",
        access=access,
        view=view,
        source=views.pinned_source(view),
        search=search,
        orders=files.ORDERS,
        page=found,
        places={file.name: view.place(file, releases) for file in found.files},
        copies={file.name: view.place_of_copy(file) for file in found.files},
        held_reasons=_held_reasons(view),
        policies=policies_of(view.record),
        descriptions=rule_descriptions(view.record),
        exception_problems=exception_problems(view.record),
        refresh=view.state == "running",
        facts=facts,
        times=times,
    )


def _view(access: FeedAccess, run_id: str) -> views.RunView:
    if len(run_id) > _MOST_RUN_ID:
        raise _StateError(states.NO_RUN)
    view = views.read_run(open_lake(), access.feed, run_id, state_in_airflow(access.dag_id, run_id))
    if not view.exists:
        raise _StateError(states.NO_RUN)
    return view


def _search(q: str, outcome: str, order: str, page: str) -> Search:
    is_number = page.isascii() and page.isdigit() and len(page) <= _MOST_DIGITS
    number = max(1, int(page)) if is_number else 1
    return Search(
        q.strip()[:_MOST_TEXT],
        outcome if outcome in STRICTEST_FIRST else "",
        order if order in files.ORDERS else files.ORDERS[0],
        min(number, files.MOST_SHOWN // files.PAGE_FILES),
    )


def _held_reasons(view: views.RunView) -> list[str]:
    """Return the reasons for which files of the run may be held, for the form that processes them again."""
    if view.is_dry_run or not view.outcomes.get("hold"):
        return []
    return [reason for reason in REASONS if facts.counts(view.record, "totals", "reasons").get(reason)]


@app.get("/dags/{dag_id}/runs/{run_id}/files.csv")
def download_files(access: FeedDep, run_id: str, q: Text = "", outcome: Text = "") -> Response:
    """Download the files of a run that match, as CSV."""
    view = _view(access, run_id)
    if not view.is_recorded:
        raise _StateError(states.NO_RECORD)
    search = _search(q, outcome, "name", "1")
    with_column = files.names_with_column(view.column_lines(), search.text) if search.text else set()

    def lines() -> Iterator[str]:
        matching = (entry for entry in view.entries() if search.matches(entry, with_column))
        yield from files.csv_lines(map(FileRow.of, matching))

    return _attachment(lines(), "text/csv; charset=utf-8", f"{view.run.feed}-{view.run.folder}.csv")


def _attachment(content: Iterator[str] | bytes, media_type: str, name: str) -> Response:
    """Return a response that browsers save.

    :param name: of the file; only characters of S3 keys, see model/run.py.
    """
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if isinstance(content, bytes):
        return Response(content, media_type=media_type, headers=headers)
    return StreamingResponse(content, media_type=media_type, headers=headers)


@app.get("/dags/{dag_id}/runs/{run_id}/report.html")
def download_report(access: FeedDep, run_id: str) -> Response:
    """Download the report of a run: as an attachment, so that it is never a page of Airflow's origin."""
    view = _view(access, run_id)
    if (report := view.report()) is None:
        raise _StateError(states.NO_REPORT)
    return _attachment(report, "text/html; charset=utf-8", f"{view.run.feed}-{view.run.folder}.html")


@app.get("/dags/{dag_id}/runs/{run_id}/file")
def show_file(request: Request, access: FeedDep, run_id: str, name: Text = "", today: Text = "") -> HTMLResponse:
    """Show a file of a run: its columns, its place and how to read it, its history.

    :param today: if it is not empty, also what would be decided today about a file that waits.
    """
    view = _view(access, run_id)
    if not view.is_recorded:
        raise _StateError(states.NO_RECORD)
    file = views.read_file(view, name) if len(name) <= _MOST_NAME else None
    if file is None:
        raise _StateError(states.NO_FILE)
    detections = views.read_columns(view, name)
    past = views.read_history(view, name)
    place = view.place(file, view.releases() if file.is_held else {})
    copy_place = view.place_of_copy(file)
    is_waiting = place.kind in {"quarantine", "held"} and not place.later_run_id and not view.is_dry_run
    reviewer = places.reviewer_arn(place.bucket) if place.kind in {"quarantine", "held"} else ""
    return render(
        request,
        "file.html",
        access=access,
        view=view,
        file=file,
        place=place,
        reviewer=reviewer,
        profile=places.profile_commands(reviewer) if reviewer else [],
        command=places.read_command(place) if place.uri else "",
        copy_place=copy_place,
        copy_command=places.read_command(copy_place) if copy_place and copy_place.uri else "",
        detections=detections,
        strip=columns.strip(detections, file.columns),
        proposals=columns.proposals(detections, {identifier.name for identifier in file.identifiers}),
        description=rule_descriptions(view.record).get(file.rule, ""),
        threshold=facts.text(view.record, "rules", "policy", "quarantine_threshold"),
        past=past,
        is_waiting=is_waiting,
        today=views.read_today(view, name) if is_waiting and today else None,
        reviews=views.read_requests(view, name, place),
        most_methods=_MOST_METHODS,
        form=Form.at(times.now()),
        seen=columns.seen([_this_run(view, file, detections), *past]),
        times=times,
    )


def _this_run(view: views.RunView, file: FileRow, detections: list[Detection]) -> columns.PastRun:
    started_at = (view.row and view.row.started_at) or facts.text(view.record, "run", "started_at")
    by_key = {item.key: item.cells for item in detections}
    return columns.PastRun(view.run.run_id, started_at, file.name, file.outcome, by_key)


@app.get("/{path:path}")
def show_nothing(path: str, _user: GetUserDep) -> HTMLResponse:  # noqa: ARG001 - the route needs its parameter
    """Refuse all other addresses, also of pages that do not exist, to those who are not signed in."""
    raise HTTPException(404)


@app.exception_handler(_StateError)
def _refuse(request: Request, error: _StateError) -> HTMLResponse:
    return render_state(request, error.state)


@app.exception_handler(StarletteHTTPException)
def _refuse_http(request: Request, error: StarletteHTTPException) -> HTMLResponse:
    is_dag = error.status_code == states.NOT_A_GATE_DAG.status and "dag_id" in request.path_params
    return render_state(request, states.NOT_A_GATE_DAG if is_dag else states.of_status(error.status_code))


@app.exception_handler(ClientError)
@app.exception_handler(BotoCoreError)
def _report_aws(request: Request, error: ClientError | BotoCoreError) -> HTMLResponse:
    known: AwsError | AwsRefusedError = from_aws_error(error)
    log.warning("A page could not be read: %s", known)
    return render_state(request, states.of_aws(known.operation, known.code))


@app.exception_handler(SettingsError)
def _report_settings(request: Request, error: SettingsError) -> HTMLResponse:
    return render_state(request, states.of_settings("; ".join(error.problems)))


@app.exception_handler(DamagedDocumentError)
def _report_damage(request: Request, error: DamagedDocumentError) -> HTMLResponse:
    log.warning("A page could not be read: %s", error)
    return render_state(request, states.of_damage(error.document))


@app.exception_handler(DocumentTooLargeError)
def _report_size(request: Request, _error: DocumentTooLargeError) -> HTMLResponse:
    return render_state(request, states.TOO_LARGE)


@app.exception_handler(Exception)
def _report(request: Request, error: Exception) -> HTMLResponse:
    log.error("A page failed: %s", class_of(error))
    return render_state(request, states.FAILED)


gate = SecurityHeaders(app)
"""The app with the headers on every response, for the registration in ``macie_gate_plugin.py``."""
