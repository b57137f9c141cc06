"""The live smoke test on the local AWS; Airflow is the DAG's own ``dag.test()``, behind the same two calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest

from ship.mwaa import MOST_PATH_CHARACTERS
from ship.smoke.__main__ import source_bucket
from ship.smoke.checks import versions_named
from ship.smoke.cleanup import clean_up
from ship.smoke.differences import Found, differences, found_by_local_macie
from ship.smoke.files import EXPECTED, make_files
from ship.smoke.run import Smoke
from tests.e2e.conftest import Ended, RunDag, airflow_database, dag, run_dag
from tests.lake import Lake

__all__ = ["airflow_database", "dag", "run_dag"]


class InProcess:
    """Airflow's answers: a run is over when it was started."""

    def __init__(self, run_dag: RunDag, *, is_paused: bool = False) -> None:
        self.run_dag, self.is_paused = run_dag, is_paused
        self.ended: Ended | None = None
        self.source = ""

    def get(self, path: str) -> dict[str, Any]:
        if path == "/dags/synthea_gate":
            return {"is_paused": self.is_paused}
        assert self.ended
        assert path == f"/dags/synthea_gate/dagRuns/{self.ended.run.run_id}"
        return {"state": self.ended.state}

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        assert path == "/dags/synthea_gate/dagRuns"
        assert len(f"{path}/{content['dag_run_id']}") <= MOST_PATH_CHARACTERS
        self.source = content["conf"]["source"]
        self.ended = self.run_dag(**content["conf"])
        return {"dag_run_id": self.ended.run.run_id}


def smoke(lake: Lake, airflow: InProcess, said: list[str], **more: Any) -> Smoke:
    source = source_bucket(boto3.client("ssm"))
    return Smoke(lake.s3, airflow, lake.settings, source, said.append, poll_seconds=0, **more)


def everything(lake: Lake) -> dict[str, list[str]]:
    """Keys of all versions and delete markers in the lake."""
    found = {}
    for bucket in (lake.bronze, lake.silver, lake.quarantine, lake.outputs["SourceBucket"]):
        listed = lake.s3.list_object_versions(Bucket=bucket)
        found[bucket] = [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in listed.get(kind, [])]
    return found


def test_promises_are_kept_and_nothing_is_left_behind(lake: Lake, run_dag: RunDag) -> None:
    said: list[str] = []
    lake.s3.put_object(Bucket=lake.outputs["SourceBucket"], Key="smoke/theirs.csv", Body=b"A\n1\n")
    airflow = InProcess(run_dag)
    assert smoke(lake, airflow, said).run() == []
    assert airflow.source.startswith(f"s3://{lake.outputs['SourceBucket']}/smoke/smoke-")
    assert [line for line in said if line.startswith("high.csv")] == [
        "high.csv: quarantine (findings_at_or_above_threshold)"
    ]
    assert said.count("    the same findings as the local Macie's") == len(EXPECTED)
    assert [line for line in said if line.startswith("Macie's ")] == [
        f"Macie's {counts} name none: each is judged by the version that it names"
        for counts in (
            "results: 3 name the version of their object, 0",
            "findings: 2 name the version of their object, 0",
        )
    ]
    assert everything(lake) == {
        lake.bronze: [],
        lake.silver: [],
        lake.quarantine: [],
        lake.outputs["SourceBucket"]: ["smoke/theirs.csv"],
    }


def test_smoke_test_says_that_macie_names_no_version_and_its_promises_are_kept(lake: Lake, run_dag: RunDag) -> None:
    said: list[str] = []
    lake.turn(results_unversioned=["custom.csv", "high.csv"], findings_unversioned=[""])
    assert smoke(lake, InProcess(run_dag), said).run() == []
    infers = "the gate infers the version where S3 shows a single one, else it holds (docs/decisions.md)"
    assert [line for line in said if line.startswith("Macie's ")] == [
        f"Macie's results: 1 name the version of their object, 2 name none: {infers}",
        f"Macie's findings: 0 name the version of their object, 2 name none: {infers}",
    ]


def test_nothing_is_said_of_versions_where_there_are_no_records() -> None:
    assert versions_named("finding", []).endswith("nothing can be said")


def test_broken_promises_are_told_and_all_is_cleaned_up_all_the_same(lake: Lake, run_dag: RunDag) -> None:
    said: list[str] = []

    class Moves(InProcess):
        """Somebody moves a file after the run, and writes a value into its documents."""

        def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
            answer = super().post(path, content)
            assert self.ended
            run = self.ended.run
            lake.put(lake.silver, f"{run.prefix}high.csv", b"x")
            value = make_files(content["dag_run_id"]).values[0]
            lake.put(lake.bronze, run.document("note.txt"), value.encode())
            return answer

    problems = smoke(lake, Moves(run_dag), said).run()
    assert problems[0] == "high.csv: quarantine, and it lies in quarantine, silver"
    assert problems[1].startswith("LEAK: s3://")
    assert problems[1].endswith("note.txt has 1 values of the files")
    assert len(problems) == 2
    assert [keys for keys in everything(lake).values() if keys] == []


def test_nothing_is_uploaded_when_the_dag_is_paused(lake: Lake, run_dag: RunDag) -> None:
    with pytest.raises(SystemExit, match="synthea_gate is paused"):
        smoke(lake, InProcess(run_dag, is_paused=True), []).run()
    assert [keys for keys in everything(lake).values() if keys] == []


def test_nothing_is_uploaded_when_the_scan_would_cost_too_much(lake: Lake, run_dag: RunDag) -> None:
    dear = replace(lake.settings, scan_usd_per_gb=1e9)
    with pytest.raises(SystemExit, match="cost more than the bound"):
        Smoke(lake.s3, InProcess(run_dag), dear, "nowhere").run()


def test_run_that_does_not_end_is_told_at_the_deadline(lake: Lake, run_dag: RunDag) -> None:
    class Stuck(InProcess):
        def get(self, path: str) -> dict[str, Any]:
            return {"is_paused": False, "state": "queued"}

        def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
            return {"dag_run_id": content["dag_run_id"]}

    problems = smoke(lake, Stuck(run_dag), [], deadline_seconds=-1).run()
    assert problems[0].startswith("the run ended as queued after")
    assert problems[1] == "the run wrote no record"
    assert [keys for keys in everything(lake).values() if keys] == []


def test_what_may_not_be_deleted_is_told(lake: Lake) -> None:
    said: list[str] = []
    lake.put(lake.bronze, "synthea/smoke-1/a.csv", b"A")
    places = [("nobodys-bucket", "synthea/"), (lake.bronze, "synthea/smoke-1/")]
    clean_up(lake.s3, places, said.append)
    assert [line.partition(". In")[0] for line in said] == ["Stays: s3://nobodys-bucket/synthea/ (NoSuchBucket)"]
    assert lake.keys(lake.bronze) == []


def test_files_are_new_each_time_and_the_same_for_one_id() -> None:
    one, other = make_files("smoke-1"), make_files("smoke-2")
    assert one == make_files("smoke-1")
    assert all(one.contents[name] != other.contents[name] for name in EXPECTED)
    assert set(one.contents) == set(EXPECTED)


def test_local_macie_finds_in_the_files_what_they_are_for() -> None:
    found = {name: found_by_local_macie(name, content) for name, content in make_files("smoke-1").contents.items()}
    nothing = Found(None, {})
    assert found == {
        "clean.csv": nothing,
        "custom.csv": Found("Medium", {"Patient ID": 20}),
        "high.csv": Found("High", {"CREDIT_CARD_NUMBER": 20, "USA_SOCIAL_SECURITY_NUMBER": 20}),
        "unsupported.pdf": nothing,
    }


def test_differences_name_severity_identifiers_and_counts() -> None:
    real, local = Found("High", {"A": 2, "B": 1}), Found(None, {"B": 1, "C": 3})
    assert list(differences(real, local)) == [
        "severity: Macie High, local none",
        "A: Macie 2, local 0",
        "C: Macie 0, local 3",
    ]
    assert list(differences(real, real)) == []
