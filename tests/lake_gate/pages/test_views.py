from __future__ import annotations

from typing import Any

import pytest

from lake_gate.decision.amendments import Amendment
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.pages import views
from lake_gate.pages.lake import open_lake
from tests.builders import decided
from tests.lake_gate.pages.conftest import Written, column, entry, row

pytestmark = pytest.mark.usefixtures("forget")


def read(run_id: str = "1", state: str | None = "success") -> views.RunView:
    return views.read_run(open_lake(), "synthea", run_id, state)


@pytest.mark.parametrize(
    ("in_index", "in_airflow", "expected"),
    [
        ({"state": "running"}, "running", "running"),
        ({"state": "running"}, None, "running"),
        ({"state": "running"}, "failed", "failed"),
        ({"state": "running"}, "success", "ended"),
        ({"state": "failed"}, None, "failed"),
        (None, "queued", "running"),
        (None, "success", "ended"),
    ],
)
def test_state_of_a_run_without_a_record(
    in_index: Any, in_airflow: str | None, expected: str, written: Written
) -> None:
    written.index(*([row(objects=None, outcomes={}, **in_index)] if in_index else []))
    assert read(state=in_airflow).state == expected


def test_a_run_that_failed_after_its_record_says_so_and_shows_its_files(written: Written) -> None:
    written.run(entry())
    written.index(row(state="failed", failed_task="notify"))
    assert (read().state, read().is_recorded) == ("failed", True)


def test_steps_are_those_whose_documents_exist(written: Written) -> None:
    for name in ("run.json", "manifest.jsonl", "job.json"):
        written.put(f"_runs/synthea/1/{name}", b"{}")
    assert [name for name, is_reached in read(state="running").steps if is_reached] == ["landed", "scanned"]


def amend(written: Written, *, is_moved: bool) -> None:
    decision = decided("patients.csv", "quarantine", reason="findings_at_or_above_threshold", severity="High")
    amendment = Amendment(decision, ["f"], "2026-11-29T00:00:00+00:00", "events-1")
    written.put("_runs/synthea/1/amendments/events-1.jsonl", jsonl.dump([amendment]))
    if is_moved:
        place = Moved("patients.csv", written.lake.quarantine, "synthea/1/patients.csv", "v2")
        written.put("_runs/synthea/1/amendments/events-1.moved.jsonl", jsonl.dump([place]))


def test_a_file_that_is_being_withdrawn_is_marked(written: Written) -> None:
    written.run(entry(outcome="promote"))
    amend(written, is_moved=False)
    view = read()
    file = views.read_file(view, "patients.csv")
    assert file
    assert (file.outcome, view.place(file, {}).words) == ("promote", "silver, being withdrawn")


@pytest.mark.parametrize("is_in_record", [False, True])
def test_a_withdrawn_file_is_where_the_amendment_has_moved_it(is_in_record: bool, written: Written) -> None:
    amended = {"was": "promote", "findings": ["f"], "decided_at": "2026-11-29T00:00:00+00:00", "by": "events-1"}
    now = {"bucket": written.lake.quarantine, "key": "synthea/1/patients.csv", "version_id": "v2"}
    written.run(entry(amended=amended, now=now) if is_in_record else entry(outcome="promote"))
    amend(written, is_moved=True)
    view = read()
    file = views.read_file(view, "patients.csv")
    assert file
    assert (file.outcome, file.was, view.place(file, {}).words) == ("quarantine", "promote", "quarantine")


def test_history_finds_the_same_table_in_earlier_runs(written: Written) -> None:
    for run_id, name in (("1", "monday/patients.csv"), ("2", "tuesday/patients.csv"), ("3", "payers.csv")):
        written.run(entry(name), run_id=run_id, columns=[column(name)])
    written.run(entry("wednesday/patients.csv"), run_id="4")
    started = {run_id: f"2026-11-2{run_id}T00:00:00+00:00" for run_id in "1234"}
    written.index(*(row(run_id, started_at=at) for run_id, at in started.items()))
    past = views.read_history(read("4"), "wednesday/patients.csv")
    assert [(run.run_id, run.file) for run in past] == [("2", "tuesday/patients.csv"), ("1", "monday/patients.csv")]
    assert past[0].found == {("SSN", "USA_SOCIAL_SECURITY_NUMBER"): 1000}


def test_large_documents_are_left_out_of_the_history(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    written.run(entry())
    written.index(row("2", started_at="2026-11-29T00:00:00+00:00"), row("1"))
    assert views.read_history(read("2"), "patients.csv")
    monkeypatch.setattr(views, "MOST_HISTORY_BYTES", 10)
    assert views.read_history(read("2"), "patients.csv") == []
