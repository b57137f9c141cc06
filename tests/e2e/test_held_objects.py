"""What is held: taken through the gate again, and told of every day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dev import in_process
from tests.lake import Lake
from tests.runs import Ended, RunAny, RunDag

SKIPPED = "SKIPPED:INVALID_ENCRYPTION"


@pytest.fixture
def held(lake: Lake, run_dag: RunDag, tmp_path: Path) -> Ended:
    """A run of four files, of which two are held, each for a reason of its own."""
    for name, content in {"a.csv": "A\n1\n", "b.csv": "B\n2\n", "c.csv": "SSN\n219-09-9999\n", "d.pdf": "D"}.items():
        (tmp_path / name).write_text(content)
    lake.turn(analysis={"b.csv": SKIPPED})
    ended = run_dag(source=str(tmp_path))
    lake.turn(analysis={})
    assert ended.names_in(lake.bronze, "held/") == {"b.csv", "d.pdf"}
    return ended


@pytest.fixture
def list_held(run_any: RunAny) -> Callable[..., Ended]:
    dag = in_process.load_dag("held_objects")
    return lambda **conf: run_any(dag, "held_objects", **conf)


@pytest.mark.slow
@pytest.mark.airflow
def test_held_file_reaches_silver_when_it_is_re_processed_by_its_reason(
    lake: Lake, run_dag: RunDag, held: Ended
) -> None:
    ended = run_dag(reprocess_held="analysis_skipped")
    name = f"{held.run.folder}/b.csv"
    assert (ended.state, ended.outcomes) == ("success", {name: "promote"})
    assert ended.record["run"]["source"] == "held://analysis_skipped"
    assert lake.read(lake.silver, ended.run.prefix + name) == b"B\n2\n"
    assert lake.keys(lake.bronze, "held/") == [f"held/{held.run.prefix}d.pdf"]
    assert lake.versions(lake.bronze, f"held/{held.run.prefix}b.csv") == []


@pytest.mark.slow
def test_file_that_is_held_again_is_held_once(lake: Lake, run_dag: RunDag, held: Ended) -> None:
    ended = run_dag(source="held://*")
    assert set(ended.outcomes.values()) == {"promote", "hold"}
    assert lake.keys(lake.bronze, "held/") == [f"held/{ended.run.prefix}{held.run.folder}/d.pdf"]
    later = run_dag(source="held://*")
    assert lake.keys(lake.bronze, "held/") == [f"held/{later.run.prefix}{held.run.folder}/d.pdf"]
    assert len(lake.versions(lake.bronze, f"held/{later.run.prefix}{held.run.folder}/d.pdf")) == 1


@pytest.mark.slow
def test_nothing_is_released_in_a_dry_run_or_for_a_reason_that_does_not_exist(
    lake: Lake, run_dag: RunDag, held: Ended
) -> None:
    before = lake.keys(lake.bronze, "held/")
    assert run_dag(source="held://*", dry_run=True).state == "success"
    refused = run_dag(source="held://skipped")
    assert (refused.state, refused.tasks["land"]) == ("failed", "failed")
    assert lake.keys(lake.bronze, "held/") == before


@pytest.mark.slow
def test_reprocessing_ends_green_when_nothing_is_held_for_that_reason(run_dag: RunDag, held: Ended) -> None:
    ended = run_dag(source="held://job_sampled")
    assert (ended.state, ended.objects, ended.tasks["create_job"]) == ("success", [], "skipped")


@pytest.mark.slow
def test_people_are_told_what_is_held_for_too_long(lake: Lake, held: Ended, list_held: Callable[..., Ended]) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    ended = list_held(older_than_hours=0)
    assert (ended.state, ended.tasks["notify"]) == ("success", "success")
    assert {(one["reason"], one["objects"]) for one in ended.record["groups"]} == {
        ("analysis_skipped", 1),
        ("not_analysed", 1),
    }
    (message,) = received()
    assert message["Subject"] == "[synthea] 2 files held for more than 0 hours"
    assert f"held/{held.run.prefix}b.csv: analysis_skipped" in message["Message"]


def test_nobody_is_told_when_nothing_is_held_for_too_long(lake: Lake, list_held: Callable[..., Ended]) -> None:
    received = lake.messages_of(lake.settings.low_topic_arn)
    lake.put(lake.bronze, "held/synthea/1/a.csv", b"A")
    ended = list_held()
    assert (ended.state, ended.tasks["notify"], ended.record["objects"]) == ("success", "skipped", 1)
    assert received() == []
