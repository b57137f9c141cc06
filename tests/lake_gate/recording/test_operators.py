"""What a run says at its end: the record and the marker that silver's readers trust."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lake_gate.decision.plan import plan
from lake_gate.decision.policy import Outcome
from lake_gate.errors import DamagedDocumentError, MarkerStandsError, NotAccountedError, RunHasMovedError
from lake_gate.model import jsonl
from lake_gate.model.run import MANIFEST, Run
from lake_gate.moving.operators import MoveOperator
from lake_gate.recording.operators import PublishOperator, RecordOperator
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.steps import read_runs
from tests.snapshot import SetUpOnce

RUN = Run("synthea", "1")
CONTEXT: Any = {"run_id": "1", "dag_run": SimpleNamespace(dag_id="d", run_id="1", start_date=None)}
FACTS = {"source": "/x", "identifiers": {"Patient ID": {"id": "i", "sha256": "s"}}, "job_spec": {"name": "spec"}}
OUTCOMES = {"a.csv": "promote", "b.csv": "quarantine", "c.csv": "promote", "d.pdf": "hold", "e.csv": "promote"}

type Chunks = dict[str, list[list[int]]]


def step(lake: Lake, operator: Any, **arguments: Any) -> Any:
    made = operator(task_id="t", settings=lake.settings.to_json(), feed="synthea", **arguments)
    return made.step(CONTEXT)


def record(lake: Lake, *, dry_run: bool = False) -> Any:
    return step(lake, RecordOperator, facts=FACTS, is_dry_run=str(dry_run))


def write(lake: Lake, name: str, content: bytes) -> str:
    version: str = lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document(name), Body=content)["VersionId"]
    return version


@pytest.fixture
def chunks(lake: Lake, once: SetUpOnce) -> Chunks:
    """A run that has decided about five objects, and moved none; the chunks of its decisions."""
    return once(partial(decide_about_five, lake))


def decide_about_five(lake: Lake) -> Chunks:
    objects = [lake.put(lake.bronze, f"synthea/1/{name}", name.encode()) for name in OUTCOMES]
    content, chunks = plan(decided(item, OUTCOMES[item.name]) for item in objects)
    write(lake, MANIFEST, jsonl.dump(objects))
    version = write(lake, "decisions.jsonl", content)
    basis = {"policy": {"name": "p"}, "job": {"job_id": "j", "settled": True}}
    write(lake, "plan.json", json.dumps({**basis, "decisions": version, "chunks": chunks}).encode())
    write(lake, "findings.jsonl", b'{"id": "f", "archived": true, "type": "SensitiveData:S3Object/Personal"}\n')
    return chunks


@pytest.fixture
def moved(lake: Lake, chunks: Chunks, once: SetUpOnce) -> None:
    """The same, with everything moved."""

    def move() -> None:
        for outcome, of_outcome in chunks.items():
            for chunk in of_outcome:
                step(lake, MoveOperator, outcome=outcome, chunk=chunk)

    once(move)


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {
                "name": "Known",
                "findingCriteria": {"criterion": {"type": {"eq": ["SensitiveData:S3Object/Personal"]}}},
                "owner": "data@example.org",
                "reason": "Made-up people",
                "expires_on": "2999-01-01",
            },
            {"by_rule": {"Known": 1}, "unexplained": 0},
        ),
        ({"name": "Half"}, {"by_rule": {}, "unexplained": 1}),  # a wrong file keeps no delivery from its readers
    ],
    ids=["a rule", "no rule"],
)
def test_record_says_which_suppression_rule_has_archived_findings(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, Any], expected: dict[str, Any]
) -> None:
    (tmp_path / "suppression_rules").mkdir()
    (tmp_path / "suppression_rules/rule.json").write_text(json.dumps(content))
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    record(lake)
    assert lake.document(RUN.document("record.json"))["rules"]["suppression_rules"] == expected


@pytest.mark.usefixtures("moved")
def test_record_says_what_it_was_decided_by_and_has_a_line_for_every_object(lake: Lake) -> None:
    pushed = record(lake)
    written = lake.document(RUN.document("record.json"))
    assert written["rules"] == {
        "policy": {"name": "p"},
        "identifiers": FACTS["identifiers"],
        "job_spec": FACTS["job_spec"],
        "exceptions": [],
        "standing_exceptions": {"ending": [], "never_used": [], "problems": []},
        "suppression_rules": {"by_rule": {}, "unexplained": 1},
    }
    assert (written["job"]["job_id"], written["accounted"]) == ("j", True)
    assert pushed["totals"]["outcomes"] == {"promote": 3, "quarantine": 1, "hold": 1}
    lines = lake.lines(RUN.document("objects.jsonl"))
    assert {line["name"]: line["outcome"] for line in lines} == OUTCOMES
    for line in lines:
        now = line["now"]
        assert lake.read(now["bucket"], now["key"], now["version_id"]) == line["name"].encode()


def test_record_fails_and_is_written_when_a_chunk_has_not_moved(lake: Lake, chunks: Chunks) -> None:
    step(lake, MoveOperator, outcome="promote", chunk=chunks["promote"][0])
    with pytest.raises(NotAccountedError, match=r"^2 landed .*b\.csv, d\.pdf"):
        record(lake)
    written = lake.document(RUN.document("record.json"))
    assert (written["accounted"], written["totals"]["not_accounted"]) == (False, 2)


@pytest.mark.usefixtures("chunks")
def test_dry_run_is_accounted_for_and_has_no_marker(lake: Lake) -> None:
    record(lake, dry_run=True)
    assert step(lake, PublishOperator) is None
    assert "Contents" not in lake.s3.list_objects_v2(Bucket=lake.silver)


@pytest.mark.usefixtures("moved")
def test_marker_lists_the_versions_in_silver_and_nothing_else(lake: Lake) -> None:
    record(lake)
    assert step(lake, PublishOperator) == f"s3://{lake.silver}/_runs/synthea/1.json"
    marker = json.loads(lake.read(lake.silver, RUN.marker))
    assert (marker["feed"], marker["run_id"]) == ("synthea", "1")
    listed = {(item["key"], item["version_id"]) for item in marker["objects"]}
    assert listed == {(key, lake.versions(lake.silver, key)[0]) for key in lake.keys(lake.silver)}
    assert {key for key, _ in listed} == {f"synthea/1/{n}" for n, o in OUTCOMES.items() if o == Outcome.PROMOTE}


def test_marker_is_refused_when_the_record_does_not_account_for_everything(lake: Lake, chunks: Chunks) -> None:
    step(lake, MoveOperator, outcome="promote", chunk=chunks["promote"][0])
    with pytest.raises(NotAccountedError):
        record(lake)
    with pytest.raises(NotAccountedError):  # a user marked the failed record task as a success
        step(lake, PublishOperator)
    assert "_runs/synthea/1.json" not in [
        item["Key"] for item in lake.s3.list_objects_v2(Bucket=lake.silver)["Contents"]
    ]


@pytest.mark.usefixtures("moved")
def test_marker_is_written_once_however_often_it_is_tried(lake: Lake) -> None:
    for _ in range(2):
        record(lake)
        step(lake, PublishOperator)
    assert len(lake.versions(lake.silver, RUN.marker)) == 1


@pytest.mark.usefixtures("moved")
def test_marker_of_another_writer_is_refused_and_left_alone(lake: Lake) -> None:
    lake.put(lake.silver, RUN.marker, b"{}")
    record(lake)
    with pytest.raises(MarkerStandsError, match=r"_runs/synthea/1\.json"):
        step(lake, PublishOperator)
    assert lake.read(lake.silver, RUN.marker) == b"{}"


def test_marker_of_an_empty_delivery_lists_nothing(lake: Lake) -> None:
    write(lake, MANIFEST, b"")
    record(lake)
    step(lake, PublishOperator)
    assert json.loads(lake.read(lake.silver, RUN.marker))["objects"] == []


@pytest.mark.usefixtures("moved")
def test_run_that_has_moved_is_never_recorded_as_a_dry_run(lake: Lake) -> None:
    record(lake)
    before = lake.read(lake.bronze, RUN.document("record.json"))
    with pytest.raises(RunHasMovedError, match="cannot be recorded as a dry run"):
        record(lake, dry_run=True)
    assert lake.read(lake.bronze, RUN.document("record.json")) == before


def test_run_of_which_a_chunk_has_only_begun_is_not_recorded_as_a_dry_run(lake: Lake, chunks: Chunks) -> None:
    assert chunks
    write(lake, "moves/promote-0.jsonl.begun", b'{"decisions": "v"}')
    with pytest.raises(RunHasMovedError):
        record(lake, dry_run=True)


@pytest.mark.usefixtures("moved")
def test_record_says_what_the_run_was_when_it_began_whatever_is_asked_for(lake: Lake) -> None:
    write(lake, "run.json", b'{"run_id": "1", "dry_run": false}')
    record(lake, dry_run=True)
    assert lake.document(RUN.document("record.json"))["dry_run"] is False


@pytest.mark.usefixtures("moved")
def test_run_that_began_as_a_dry_run_has_no_marker_whatever_its_record_says(lake: Lake) -> None:
    record(lake)
    write(lake, "run.json", b'{"run_id": "1", "dry_run": true}')
    assert step(lake, PublishOperator) is None
    assert RUN.marker not in [item["Key"] for item in lake.s3.list_objects_v2(Bucket=lake.silver)["Contents"]]


@pytest.mark.usefixtures("moved")
def test_archived_findings_are_those_that_the_run_has_decided_on(lake: Lake) -> None:
    basis = lake.document(RUN.document("plan.json"))
    pinned = lake.versions(lake.bronze, RUN.document("findings.jsonl"))[0]
    write(lake, "plan.json", json.dumps({**basis, "evidence": {"findings.jsonl": pinned}}).encode())
    write(lake, "findings.jsonl", b"")
    record(lake)
    assert lake.document(RUN.document("record.json"))["rules"]["suppression_rules"]["unexplained"] == 1


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize(
    "damage", [b"", b"[]", b'{"accounted": true}', b'{"accounted": true, "dry_run": false, "run": [], "totals": {}}']
)
def test_damaged_record_is_named_and_nothing_is_published(lake: Lake, damage: bytes) -> None:
    record(lake)
    write(lake, "record.json", damage)
    with pytest.raises(DamagedDocumentError, match=r"_runs/synthea/1/record\.json"):
        step(lake, PublishOperator)


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize(
    "line", [b"[]", b"{}", b'{"name": "a.csv", "outcome": "x"}', b'{"name": "a", "outcome": "promote", "now": 1}']
)
def test_damaged_entry_is_named_and_nothing_is_published(lake: Lake, line: bytes) -> None:
    record(lake)
    write(lake, "objects.jsonl", line)
    with pytest.raises(DamagedDocumentError, match=r"objects\.jsonl .*line 1: not an"):
        step(lake, PublishOperator)


@pytest.mark.usefixtures("moved")
def test_shortened_list_of_objects_is_named_and_nothing_is_published(lake: Lake) -> None:
    record(lake)
    document = RUN.document("objects.jsonl")
    lines = lake.read(lake.bronze, document).splitlines(keepends=True)
    for kept in (lines[:-1], []):
        write(lake, "objects.jsonl", b"".join(kept))
        with pytest.raises(DamagedDocumentError, match=rf"objects\.jsonl .*it has {len(kept)} lines"):
            step(lake, PublishOperator)
    assert RUN.marker not in [item["Key"] for item in lake.s3.list_objects_v2(Bucket=lake.silver)["Contents"]]


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("name", ["manifest.jsonl", "moves/promote-0.jsonl", "amendments/e.jsonl", "plan.json"])
@pytest.mark.parametrize("damage", [b"[1]", b'{"name": "a.csv", "more": 1}', b"{"])
def test_damaged_document_is_named_when_the_run_is_recorded(lake: Lake, name: str, damage: bytes) -> None:
    write(lake, name, damage)
    with pytest.raises(DamagedDocumentError, match=f"_runs/synthea/1/{name}"):
        record(lake)


@pytest.mark.usefixtures("moved")
def test_recorded_run_is_in_the_index_of_its_feed(lake: Lake) -> None:
    record(lake)
    (row,) = read_runs(lake.s3, lake.bronze, "synthea")
    assert (row["state"], row["objects"], row["outcomes"]) == (
        "recorded",
        5,
        {"promote": 3, "quarantine": 1, "hold": 1},
    )


@pytest.mark.usefixtures("moved")
def test_record_has_who_started_the_run_its_folder_and_the_scan(lake: Lake) -> None:
    facts = {**FACTS, "cost": {"objects": 5, "size_bytes": 90, "usd": 0.1}, "scan": {"seconds": 41}}
    step(lake, RecordOperator, facts=facts, is_dry_run=False)
    written = lake.document(RUN.document("record.json"))
    assert written["scan"] == {"seconds": 41, "bytes": 90}
    assert {"started_by", "airflow_url"} < written["run"].keys()
    assert written["run"]["folder"] == RUN.folder


@pytest.mark.usefixtures("moved")
def test_entries_have_rows_columns_and_the_run_before(lake: Lake) -> None:
    record(lake)
    (first, *_) = lake.lines(RUN.document("objects.jsonl"))
    assert {"rows", "columns", "finding_ids", "identifier_severities", "before"} < first.keys()
