"""The DAGs as Airflow reads them: which there are, that they can be operated, and what a wrong file of a feed does."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag

from lake_gate.model.kept import without_values
from tests.conftest import REPO

GATE = [
    *("read_settings", "check_macie", "land", "check_expected", "has_files"),
    *("ensure_identifiers", "ensure_allow_lists", "reuse_verdicts", "render_job", "estimate_cost", "needs_scan"),
    *("create_job", "await_job", "await_evidence", "gather_evidence", "gather_histories"),
    *("cancel_job", "decide"),
    *("plan_promote", "promote", "plan_quarantine", "quarantine", "plan_hold", "hold"),
    *("record", "publish", "remember_verdicts", "release_held", "notify"),
]
TASKS = {
    "synthea_gate": GATE,
    "synthea_deidentified_gate": [
        *GATE,
        *("choose", "mask_files", "list_masked", "has_copies"),
        *("reuse_copies", "render_copies_job", "estimate_copies_cost", "copies_need_scan"),
        *("create_copies_job", "await_copies_job", "await_copies_evidence", "gather_copies_evidence"),
        *("gather_copies_histories", "cancel_copies_job"),
    ],
    "macie_scheduled_job": [
        *("read_settings", "account.session", "account.results_repository"),
        *("definitions.identifiers", "definitions.allow_lists", "suppression.read_rules", "suppression.rules"),
        *("job.render", "job.scheduled_job", "report", "finished"),
    ],
    "finding_events": [
        "read_settings",
        "take_events",
        "list_findings",
        "decide",
        "withdraw",
        "record",
        "notify",
        "check",
    ],
    "held_objects": ["read_settings", "list_held", "overdue", "notify"],
    "feed_reports": ["read_settings", "write_reports"],
    "quarantine_review": [
        *("read_settings", "check_request", "notify_reviewers", "approve", "approve_second"),
        *("carry_out", "reprocess", "close"),
    ],
}
"""Ids that runs, alarms and dashboards of users refer to: a change here is one for them."""


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    bag = DagBag(str(REPO / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)


def test_each_dag_has_the_tasks_that_users_know(dags: dict[str, Any]) -> None:
    assert {dag_id: sorted(dag.task_ids) for dag_id, dag in dags.items()} == {
        dag_id: sorted(ids) for dag_id, ids in TASKS.items()
    }


@pytest.mark.parametrize("dag_id", TASKS)
def test_each_dag_has_a_deadline_one_run_at_a_time_and_tells_of_failures(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.dagrun_timeout
    assert (dag.max_active_runs, dag.catchup) == (100 if dag_id == "quarantine_review" else 1, False)
    assert dag.on_failure_callback
    for task in dag.tasks:
        assert task.on_failure_callback, task.task_id
        assert task.execution_timeout, task.task_id
        assert task.retries, task.task_id
        assert task.pool == "default_pool", "a missing pool waits silently"


@pytest.mark.parametrize("dag_id", TASKS)
def test_everything_that_the_ui_shows_has_a_name_an_explanation_and_an_owner(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.description
    for task in dag.tasks:
        assert task.task_display_name != task.task_id
        assert task.doc_md
        assert "`" not in task.doc_md, "Airflow draws a code span as a block of its own"
        assert task.owner not in {"airflow", ""}
    groups = [group for group_id, group in dag.task_group.get_task_group_dict().items() if group_id]
    assert all(group.group_display_name and group.tooltip for group in groups)


def test_assets_of_a_feed_are_on_the_assets_page_before_their_first_event(dags: dict[str, Any]) -> None:
    publish = dags["synthea_gate"].get_task("publish")
    assert {asset.name for asset in publish.inlets} == {"silver_synthea", "quarantine_synthea"}


def test_policy_of_the_feed_counts_whatever_a_run_asks_for_and_is_not_templated(dags: dict[str, Any]) -> None:
    for task_id in ("decide", "reuse_verdicts"):
        task = dags["synthea_gate"].get_task(task_id)
        assert (task.feed_policy, task.policy) == ("default", "{{ params.policy }}")
        assert "feed_policy" not in task.template_fields


CANNOT_FAIL = {
    *(
        "has_copies",
        "copies_need_scan",
        "has_files",
        "needs_scan",
        "plan_promote",
        "plan_quarantine",
        "plan_hold",
        "overdue",
        "finished",
    ),
}
"""Tasks that read the result of the task before them, and nothing else."""


@pytest.mark.parametrize("dag_id", TASKS)
def test_documentation_of_a_dag_tells_what_to_do_about_tasks_that_exist(dags: dict[str, Any], dag_id: str) -> None:
    doc = dags[dag_id].doc_md
    assert "### IAM actions" in doc
    what_to_do = doc.partition("### What can go wrong, and what to do")[2].partition("###")[0]
    rows = re.findall(r"^\| (\*\*.+?) \|", what_to_do, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\*\*([^*]+)\*\*", row)}
    assert named == set(dags[dag_id].task_ids) - CANNOT_FAIL
    assert "`" not in doc, "Airflow draws a code span as a block of its own"


def test_wrong_file_of_a_feed_is_an_import_error_and_stops_no_other_feed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    include = tmp_path / "include"
    shutil.copytree(REPO / "include", include)
    (include / "feeds/clinic.json").write_text(json.dumps({"owner": "clinic", "schedule": "0 4 * * *"}))
    (include / "feeds/wrong.json").write_text(json.dumps({"owner": "x", "schedule": "at night"}))
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(include))
    bag = DagBag(str(REPO / "dags"))
    assert {"synthea_gate", "clinic_gate"} <= set(bag.dags)
    assert "wrong_gate" not in bag.dags
    ((path, error),) = bag.import_errors.items()
    assert Path(path).name == "feed_files.py"
    assert "wrong.json is not a valid feed: schedule: 'at night' is not a cron expression" in error


def test_feed_shapes_its_dag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    include = tmp_path / "include"
    shutil.copytree(REPO / "include", include)
    feed = {"owner": "clinic", "schedule": "0 4 * * *", "policy": "clean_only", "max_scan_usd": 5, "description": "d"}
    (include / "feeds/clinic.json").write_text(json.dumps(feed))
    (include / "feeds/by_hand.json").write_text(json.dumps({"owner": "x", "schedule": None}))
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(include))
    bag = DagBag(str(REPO / "dags"))
    clinic = bag.dags["clinic_gate"]
    timetable: Any = clinic.timetable
    assert (timetable.expression, clinic.description) == ("0 4 * * *", "d")
    assert {task.owner for task in clinic.tasks} == {"clinic"}
    assert (clinic.params["policy"], clinic.params["max_scan_usd"]) == ("clean_only", 5)
    assert "clinic" in clinic.tags
    assert bag.dags["by_hand_gate"].schedule is None


def test_no_dag_keeps_text_that_macie_copies_out_of_objects(dags: dict[str, Any]) -> None:
    keeping = {
        f"{dag_id}.{task.task_id}": task.transform
        for dag_id, dag in dags.items()
        for task in dag.tasks
        if type(task).__module__.startswith("macie.") and type(task).__name__.endswith("ToS3Operator")
    }
    expected = (
        *("synthea_gate.gather_evidence", "finding_events.list_findings"),
        *("synthea_deidentified_gate.gather_evidence", "synthea_deidentified_gate.gather_copies_evidence"),
    )
    assert keeping == dict.fromkeys(expected, without_values)


@pytest.mark.parametrize("dag_id", TASKS)
def test_results_in_templates_are_of_upstream_tasks(dags: dict[str, Any], dag_id: str) -> None:
    """A template adds no edge: without another path, the task could run before the one whose result it reads."""
    pulled = {
        (task.task_id, name)
        for task in dags[dag_id].tasks
        for field in task.template_fields
        for name in re.findall(r"task_ids='([^']+)'", repr(_value_of(task, field)).replace("\\'", "'"))
    }
    wrong = [
        (task_id, name)
        for task_id, name in pulled
        if name not in dags[dag_id].get_task(task_id).get_flat_relative_ids(upstream=True)
    ]
    assert pulled
    assert wrong == []


def _value_of(task: Any, field: str) -> Any:
    return task.partial_kwargs.get(field) if task.is_mapped else getattr(task, field, None)
