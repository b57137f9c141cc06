"""A false positive from quarantine to silver: asked, approved by two others, scanned again; and what stays there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.utils.session import create_session

from dev import in_process
from lake_gate.review import operators
from lake_gate.review.request import APPROVE, REFUSE, request_id_of
from tests.e2e.test_least_privilege import Gate, gate, include
from tests.lake import Lake
from tests.runs import Ended, RunAny, RunDag

__all__ = ["gate", "include"]

SSN = b"SSN\n219-09-9999\n"
ASKED: dict[str, Any] = {"files": ["organizations.csv"], "asked": "release", "reason": "public organisations"}

type Answers = Callable[..., None]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A function that sets who answers what, in their order: ``dag.test()`` has no answers of people."""
    given: list[tuple[str, str]] = []

    def execute(task: Any, context: Any) -> Any:
        by, option = given.pop(0)
        event = {
            "chosen_options": [option],
            "params_input": {},
            "responded_at": datetime.now(UTC),
            "responded_by_user": {"id": by, "name": by},
            "timedout": False,
        }
        return task.execute_complete(context, event)

    monkeypatch.setattr(HITLOperator, "execute", execute)
    return lambda *who: given.extend(who)


@pytest.fixture
def asker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are started by ann: ``dag.test()`` has no user."""
    monkeypatch.setattr(operators, "asker_of", lambda _context: "ann")


def document(lake: Lake, review: Ended, name: str) -> Any:
    return lake.document(f"_reviews/synthea/{request_id_of(review.run.run_id)}/{name}")


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.usefixtures("asker")
def test_false_positive_is_released_by_two_others_and_scanned_again(
    lake: Lake, run_dag: RunDag, run_any: RunAny, answers: Answers
) -> None:
    lake.put(lake.outputs["SourceBucket"], "deliveries/organizations.csv", SSN)
    delivered = run_dag()
    assert delivered.outcomes == {"organizations.csv": "quarantine"}
    answers(("ann", APPROVE), ("bob", APPROVE), ("bob", APPROVE), ("cid", APPROVE))
    review = run_any(in_process.load_dag("quarantine_review"), "quarantine_review", run=delivered.run.run_id, **ASKED)
    assert review.state == "success"
    outcome = document(lake, review, "outcome.json")
    assert (outcome["state"], outcome["answered_by"]) == ("released", ["bob", "cid"])
    with create_session() as session:
        triggered = session.query(DagRun).filter(DagRun.run_id == outcome["reprocess"]["run_id"]).one()
        assert (triggered.dag_id, triggered.conf) == ("synthea_gate", {"source": outcome["reprocess"]["source"]})
    again = run_dag(**dict(triggered.conf or {}))
    assert again.record["run"]["source"] == outcome["reprocess"]["source"]
    assert again.outcomes == {f"{request_id_of(review.run.run_id)}/organizations.csv": "promote"}
    (used,) = again.record["rules"]["exceptions"]
    assert used["id"].startswith(request_id_of(review.run.run_id))
    assert lake.keys(lake.bronze, "held/") == []
    assert delivered.names_in(lake.quarantine) == {"organizations.csv"}


@pytest.mark.parametrize(("who", "state"), [([("bob", REFUSE)], "refused"), ([("bob", APPROVE)], "kept")])
@pytest.mark.usefixtures("asker")
def test_nothing_moves_when_a_release_is_refused_or_the_files_are_kept(
    lake: Lake, run_dag: RunDag, run_any: RunAny, answers: Answers, who: Any, state: str
) -> None:
    lake.put(lake.outputs["SourceBucket"], "deliveries/organizations.csv", SSN)
    delivered = run_dag()
    answers(*who)
    asked = {**ASKED, "asked": "keep"} if state == "kept" else ASKED
    review = run_any(in_process.load_dag("quarantine_review"), "quarantine_review", run=delivered.run.run_id, **asked)
    skipped = {task_id for task_id, ended in review.tasks.items() if ended == "skipped"}
    assert (review.state, skipped) == ("success", {"approve_second", "carry_out", "reprocess"})
    assert document(lake, review, "outcome.json")["state"] == state
    assert lake.keys(lake.bronze, "held/") == []


@pytest.mark.usefixtures("asker")
def test_what_a_first_answer_approves_is_carried_out_though_the_second_question_is_skipped(
    lake: Lake, run_dag: RunDag, run_any: RunAny, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TriggerDagRunOperator, "execute", lambda *_: None)  # it needs Airflow's API
    lake.put(lake.outputs["SourceBucket"], "deliveries/organizations.csv", SSN)
    delivered = run_dag()
    answers(("bob", APPROVE))
    asked = {**ASKED, "asked": "rescan"}
    review = run_any(in_process.load_dag("quarantine_review"), "quarantine_review", run=delivered.run.run_id, **asked)
    skipped = {task_id for task_id, ended in review.tasks.items() if ended == "skipped"}
    assert (review.state, skipped) == ("success", {"approve_second"})
    assert document(lake, review, "outcome.json")["state"] == "released"
    assert lake.keys(lake.bronze, "held/") == [f"held/synthea/{request_id_of(review.run.run_id)}/organizations.csv"]


@pytest.mark.slow
@pytest.mark.usefixtures("asker")
def test_whole_way_back_needs_no_more_than_the_roles_of_the_template(
    gate: Gate, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With IAM enforced: the gate asks, copies by the releaser's session, and takes the file through the gate again."""
    monkeypatch.setattr(TriggerDagRunOperator, "execute", lambda *_: None)  # it needs Airflow's API
    lake = gate.lake
    lake.put(lake.outputs["SourceBucket"], "deliveries/organizations.csv", SSN)
    delivered = gate.run("synthea_gate")
    answers(("bob", APPROVE), ("cid", APPROVE))
    review = gate.run("quarantine_review", run=delivered.run.run_id, **ASKED)
    outcome = document(lake, review, "outcome.json")
    again = gate.run("synthea_gate", source=outcome["reprocess"]["source"])
    assert [run.state for run in (delivered, review, again)] == ["success"] * 3
    assert again.names_in(lake.silver) == {f"{request_id_of(review.run.run_id)}/organizations.csv"}
    assert [asked for asked in gate.asked() if not asked["allowed"]] == []


@pytest.mark.slow
@pytest.mark.usefixtures("asker")
def test_purge_needs_no_more_than_the_roles_of_the_template(gate: Gate, include: Path, answers: Answers) -> None:
    """With IAM enforced: the gate asks two people, and deletes by the purger's session; the record says so."""
    feed = include / "feeds/synthea.json"
    feed.write_text(json.dumps({**json.loads(feed.read_text()), "purge_after_days": 1}))
    lake = gate.lake
    lake.put(lake.outputs["SourceBucket"], "deliveries/organizations.csv", SSN)
    delivered = gate.run("synthea_gate")
    lake.make_older(lake.quarantine, timedelta(days=1))
    answers(("bob", APPROVE), ("cid", APPROVE))
    review = gate.run("quarantine_review", run=delivered.run.run_id, **{**ASKED, "asked": "purge"})
    assert (delivered.state, review.state, review.tasks["reprocess"]) == ("success", "success", "skipped")
    assert document(lake, review, "outcome.json")["state"] == "purged"
    listed = lake.s3.list_object_versions(Bucket=lake.quarantine)
    assert (listed.get("Versions", []), listed.get("DeleteMarkers", [])) == ([], [])
    (entry,) = lake.lines(delivered.run.document("objects.jsonl"))
    assert entry["purged"]["by"] == request_id_of(review.run.run_id)
    assert [asked for asked in gate.asked() if not asked["allowed"]] == []
