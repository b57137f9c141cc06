from __future__ import annotations

from typing import Any

import pytest

from tests.lake_gate.pages.conftest import Browser, Written, entry, row

PATHS = [
    *("/gate/", "/gate/card", "/gate/dags/synthea_gate", "/gate/dags/etl", "/gate/dags/nothing", "/gate/nothing"),
    *("/gate/dags/synthea_gate/runs/1", "/gate/dags/synthea_gate/runs/1/file?name=patients.csv"),
    *(
        "/gate/dags/synthea_gate/runs/1/files.csv",
        "/gate/dags/synthea_gate/runs/1/report.html",
        "/gate/openapi.json",
        "/gate/docs",
        "/gate/static",
    ),
]


@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_shown_a_page_without_a_session(path: str, stranger: Browser) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "patients.csv" not in answer.text


def test_all_routes_are_among_the_tested_ones() -> None:
    from lake_gate.pages.app import app

    routes: list[Any] = list(app.routes)
    assert {route.path for route in routes} == {
        *("/static", "/", "/card", "/dags/{dag_id}", "/dags/{dag_id}/runs/{run_id}", "/{path:path}"),
        *("/dags/{dag_id}/runs/{run_id}/file", "/dags/{dag_id}/runs/{run_id}/files.csv"),
        "/dags/{dag_id}/runs/{run_id}/report.html",
    }


def test_a_forged_session_is_refused(stranger: Browser) -> None:
    assert Browser(stranger.app, "eyJhbGciOiJub25lIn0.e30.").get("/gate/").status_code == 403


@pytest.mark.parametrize(
    "dag_id", ["etl", "held_objects", "fake_gate", "nothing", "held_gate", "../synthea_gate", "x" * 300]
)
@pytest.mark.parametrize("path", ["", "/runs/1", "/runs/1/files.csv", "/runs/1/report.html"])
def test_other_dags_and_unknown_ones_cannot_be_told_apart(dag_id: str, path: str, viewer: Browser) -> None:
    answer = viewer.get(f"/gate/dags/{dag_id.replace('/', '%2F')}{path}")
    assert answer.status_code == 404
    if "/" not in dag_id:
        assert "Not a feed of the gate" in answer.text
        assert dag_id not in answer.text


@pytest.fixture
def denied(monkeypatch: pytest.MonkeyPatch, api_server: Any) -> None:
    """A manager that lets nobody see the DAG of the clinic, as FAB's access by DAG does."""
    from airflow.api_fastapi.app import get_auth_manager

    manager = get_auth_manager()
    allowed = manager.is_authorized_dag

    def is_authorized(*, details: Any = None, **facts: Any) -> bool:
        return details.id != "clinic_gate" and allowed(details=details, **facts)

    monkeypatch.setattr(manager, "is_authorized_dag", is_authorized)


@pytest.mark.usefixtures("denied")
def test_airflow_decides_who_sees_the_runs_of_a_feed(viewer: Browser, written: Written) -> None:
    written.index(row("clinic-run"), feed="clinic")
    written.index(row("synthea-run"))
    below = ("", "/files.csv", "/report.html", "/file?name=a")
    for path in ("", *(f"/runs/clinic-run{part}" for part in below)):
        answer = viewer.get(f"/gate/dags/clinic_gate{path}")
        assert (answer.status_code, "No permission" in answer.text) == (403, True)
    page = viewer.text("/gate/")
    assert "synthea-run" in page
    assert "clinic" not in page


def test_only_those_who_may_start_runs_are_offered_it(viewer: Browser, user: Browser, written: Written) -> None:
    written.run(entry(outcome="hold"))
    path = "/gate/dags/synthea_gate/runs/1"
    assert "Start a run" in user.text(path)
    assert "Start a run" not in viewer.text(path)
