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
from tests.lake import Lake
from tests.runs import Ended, RunDag

pytestmark = pytest.mark.slow


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


def smoke(lake: Lake, airflow: InProcess, shown: list[str], **more: Any) -> Smoke:
    source = source_bucket(boto3.client("ssm"))
    return Smoke(lake.s3, airflow, lake.settings, source, shown.append, poll_seconds=0, **more)


def everything(lake: Lake) -> dict[str, list[str]]:
    """Keys of all versions and delete markers in the lake, but for the documents of runs and their ledger in bronze."""
    found = {}
    for bucket in (lake.bronze, lake.silver, lake.quarantine, lake.outputs["SourceBucket"]):
        listed = lake.s3.list_object_versions(Bucket=bucket)
        keys = [item["Key"] for kind in ("Versions", "DeleteMarkers") for item in listed.get(kind, [])]
        kept = ("_runs/", "_ledger/") if bucket == lake.bronze else ()
        found[bucket] = [key for key in keys if not key.startswith(kept)]
    return found


def test_promises_are_kept_and_nothing_is_left_behind(lake: Lake, run_dag: RunDag) -> None:
    shown: list[str] = []
    lake.s3.put_object(Bucket=lake.outputs["SourceBucket"], Key="smoke/theirs.csv", Body=b"A\n1\n")
    airflow = InProcess(run_dag)
    assert smoke(lake, airflow, shown).run() == []
    assert airflow.source.startswith(f"s3://{lake.outputs['SourceBucket']}/smoke/smoke-")
    assert [line for line in shown if line.startswith("high.csv")] == [
        "high.csv: quarantine (findings_at_or_above_threshold)"
    ]
    assert shown.count("    the same findings as the local Macie's") == len(EXPECTED)
    assert [line for line in shown if line.startswith("Macie's ")] == [
        f"Macie's {counts} without: the gate uses the version"
        for counts in (
            "results: 3 with the version of their object, 0",
            "findings: 2 with the version of their object, 0",
        )
    ]
    assert everything(lake) == {
        lake.bronze: [],
        lake.silver: [],
        lake.quarantine: [],
        lake.outputs["SourceBucket"]: ["smoke/theirs.csv"],
    }


def test_promises_are_kept_and_it_is_shown_when_macie_names_no_version(lake: Lake, run_dag: RunDag) -> None:
    shown: list[str] = []
    lake.turn(results_unversioned=["custom.csv", "high.csv"], findings_unversioned=[""])
    assert smoke(lake, InProcess(run_dag), shown).run() == []
    infers = "the gate infers the version if S3 has a single one, otherwise it holds (docs/decisions.md)"
    assert [line for line in shown if line.startswith("Macie's ")] == [
        f"Macie's results: 1 with the version of their object, 2 without: {infers}",
        f"Macie's findings: 0 with the version of their object, 2 without: {infers}",
    ]


def test_versions_are_not_judged_without_records() -> None:
    assert versions_named("finding", []).endswith("not enough data")


def test_broken_promises_are_reported_and_all_objects_are_removed(lake: Lake, run_dag: RunDag) -> None:
    shown: list[str] = []

    class Moves(InProcess):
        """Somebody moves a file after the run, and writes a value into its documents."""

        def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
            response = super().post(path, content)
            assert self.ended
            run = self.ended.run
            lake.put(lake.silver, f"{run.prefix}high.csv", b"x")
            value = make_files(content["dag_run_id"]).values[0]
            lake.put(lake.bronze, run.document("note.txt"), value.encode())
            return response

    problems = smoke(lake, Moves(run_dag), shown).run()
    assert problems[0] == "high.csv: quarantine, but found in quarantine, silver"
    assert problems[1].startswith("LEAK: s3://")
    assert problems[1].endswith("note.txt contains 1 values of the files")
    assert len(problems) == 2
    assert [keys for keys in everything(lake).values() if keys] == []


def test_nothing_is_uploaded_when_the_dag_is_paused(lake: Lake, run_dag: RunDag) -> None:
    with pytest.raises(SystemExit, match="synthea_gate is paused"):
        smoke(lake, InProcess(run_dag, is_paused=True), []).run()
    assert [keys for keys in everything(lake).values() if keys] == []


def test_nothing_is_uploaded_when_the_scan_would_cost_too_much(lake: Lake, run_dag: RunDag) -> None:
    dear = replace(lake.settings, scan_usd_per_gb=1e9)
    with pytest.raises(SystemExit, match="cost more than the limit"):
        Smoke(lake.s3, InProcess(run_dag), dear, "nowhere").run()


def test_run_that_does_not_end_is_reported_at_the_deadline(lake: Lake, run_dag: RunDag) -> None:
    class Stuck(InProcess):
        def get(self, path: str) -> dict[str, Any]:
            return {"is_paused": False, "state": "queued"}

        def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
            return {"dag_run_id": content["dag_run_id"]}

    problems = smoke(lake, Stuck(run_dag), [], deadline_seconds=-1).run()
    assert problems[0].startswith("the run ended as queued after")
    assert problems[1] == "the run wrote no record"
    assert [keys for keys in everything(lake).values() if keys] == []


def test_objects_that_cannot_be_deleted_are_shown(lake: Lake) -> None:
    shown: list[str] = []
    lake.put(lake.bronze, "synthea/smoke-1/a.csv", b"A")
    places = [("missing-bucket", "synthea/"), (lake.bronze, "synthea/smoke-1/")]
    clean_up(lake.s3, places, shown.append)
    assert [line.partition(". In")[0] for line in shown] == ["Not deleted: s3://missing-bucket/synthea/ (NoSuchBucket)"]
    assert lake.keys(lake.bronze) == []


def test_files_are_new_each_time_and_the_same_for_one_id() -> None:
    first, other = make_files("smoke-1"), make_files("smoke-2")
    assert first == make_files("smoke-1")
    assert all(first.contents[name] != other.contents[name] for name in EXPECTED)
    assert set(first.contents) == set(EXPECTED)


def test_local_macie_has_the_expected_findings_in_the_files() -> None:
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
