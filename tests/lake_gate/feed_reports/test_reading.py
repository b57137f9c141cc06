from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lake_gate.feed_reports.period import Period
from lake_gate.feed_reports.reading import read_period
from lake_gate.model.run import AMENDMENTS, Run
from tests.lake import Lake
from tests.lake_gate.feed_reports.test_proof import COMPLETE
from tests.lake_gate.finding_events.world import Events, Gate, finding

NOW = datetime.now(UTC)


@pytest.fixture
def gate(lake: Lake) -> Gate:
    gate = Gate(lake, {"a.csv": "promote", "b.csv": "promote", "c.csv": "quarantine"}).land().decide()
    gate.write("job.json", json.dumps(COMPLETE).encode())
    return gate.move().record().publish()


def read(lake: Lake, month: str = f"{NOW:%Y-%m}") -> Period:
    return read_period(lake.s3, lake.bronze, "synthea", month, "2999-01-01T00:00:00+00:00")


def test_a_month_has_its_runs_and_the_evidence_of_their_promoted_files(lake: Lake, gate: Gate) -> None:
    period = read(lake)
    assert [row.folder for row in period.deliveries] == [gate.run.folder]
    assert (period.total.files, period.coverage.promoted, period.coverage.proven) == (3, 2, 2)
    other = read(lake, "2001-01")
    assert (other.total.runs, other.coverage.promoted, other.withdrawn.count) == (0, 0, 0)


def test_files_that_were_withdrawn_are_listed_and_no_longer_among_the_promoted(lake: Lake, gate: Gate) -> None:
    Events(lake, [finding(lake, lake.bronze, gate.key("a.csv"))]).go()
    period = read(lake)
    (withdrawn,) = period.withdrawn.items
    assert (withdrawn.run_id, withdrawn.name, withdrawn.outcome, withdrawn.is_moved) == (
        "1",
        "a.csv",
        "quarantine",
        True,
    )
    assert (period.coverage.promoted, period.coverage.proven) == (1, 1)


@pytest.mark.parametrize("name", ["record.json", "objects.jsonl", "results.jsonl.gz", "manifest.jsonl"])
def test_a_run_with_a_damaged_document_is_named_and_counts_nothing(lake: Lake, gate: Gate, name: str) -> None:
    gate.write(name, b"{damaged")
    period = read(lake)
    assert period.coverage.unread.items == ["1"]
    assert period.coverage.promoted == 0


def test_damaged_amendments_do_not_stop_the_report(lake: Lake, gate: Gate) -> None:
    gate.write(f"{AMENDMENTS}x.jsonl", b"damaged")
    assert read(lake).withdrawn.count == 0


def test_a_feed_without_runs_has_an_empty_month(lake: Lake) -> None:
    assert Run("synthea", "1").documents
    assert read(lake).total.runs == 0


def test_exceptions_of_the_records_are_in_the_month(lake: Lake, gate: Gate) -> None:
    record = gate.record_json
    used = {"id": "org", "kind": "accepted", "release": "as_is", "until": "2026-12-31", "objects": 1}
    record["rules"]["exceptions"] = [used]
    gate.write("record.json", json.dumps(record).encode())
    assert read(lake).exceptions["org"]["objects"] == 1


def test_answers_to_requests_of_all_months_count_and_those_of_this_one_are_listed(lake: Lake, gate: Gate) -> None:
    asked = {"asked": "keep", "asked_at": "2001-01-01T00:00:00+00:00", "run_folder": gate.run.folder}
    for name, content in {
        "request": {**asked, "files": [{"name": "c.csv"}]},
        "outcome": {"state": "kept", "at": "2001-01-02T00:00:00+00:00"},
    }.items():
        lake.put(lake.bronze, f"_reviews/synthea/a/{name}.json", json.dumps(content).encode())
    period = read(lake)
    assert sum(waiting.answers["kept"] for waiting in period.waiting) == 1
    assert sum(waiting.unanswered for waiting in period.waiting) == 0
    assert period.reviews.count == 0
