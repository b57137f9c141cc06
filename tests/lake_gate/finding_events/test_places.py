"""Which run has landed an object, by its key."""

from __future__ import annotations

import pytest

from lake_gate.finding_events.places import is_document, landed_key, marked_by, run_of
from lake_gate.model.run import Run


@pytest.mark.parametrize(
    ("key", "run"),
    [
        ("synthea/1/a.csv", Run("synthea", "1")),
        ("synthea/1/folder/a.csv", Run("synthea", "1")),
        ("synthea/1/", None),
        ("synthea//a.csv", None),
        ("synthea/a.csv", None),
        ("a.csv", None),
        ("", None),
        ("synthea/no folder/a.csv", None),
        ("synthea/../a.csv", None),
    ],
)
def test_run_is_known_by_the_first_two_parts_of_the_key(key: str, run: Run | None) -> None:
    assert run_of(key) == run


def test_every_object_that_a_run_lands_leads_back_to_its_places() -> None:
    run = Run("synthea", "manual__2026-11-25T10:00:00+00:00")
    found = run_of(f"{run.prefix}folder/a b.csv")
    assert found is not None
    assert (found.prefix, found.documents, found.marker) == (run.prefix, run.documents, run.marker)


@pytest.mark.parametrize(
    ("key", "in_bronze", "landed"),
    [
        ("held/synthea/1/a.csv", True, "synthea/1/a.csv"),
        ("held/synthea/1/a.csv", False, "held/synthea/1/a.csv"),
        ("synthea/1/held/a.csv", True, "synthea/1/held/a.csv"),
    ],
)
def test_held_object_was_landed_without_the_prefix(key: str, in_bronze: bool, landed: str) -> None:
    assert landed_key(key, in_bronze=in_bronze) == landed


SHA256 = "0f" * 32
DOCUMENTS = (
    *("run.json", "manifest.jsonl", "reprocessed.jsonl", "released.jsonl", "reused.jsonl", "held.jsonl", "job.json"),
    *("results.jsonl.gz", "findings.jsonl", "plan.json", "decisions.jsonl", "objects.jsonl", "record.json"),
    *(
        "moves/promote-0.jsonl",
        "moves/promote-0.jsonl.begun",
        "moves/0.jsonl",
        "notified/digest.json",
        "notified/findings/0a.json",
    ),
    *("amendments/scheduled__1.jsonl", "amendments/scheduled__1.moved.jsonl", "ids.txt", "looked.json"),
    *("notified/findings/0a.json", "taken.json", "actions.jsonl", "histories.jsonl", "found.jsonl", "columns.jsonl"),
)


@pytest.mark.parametrize(
    "key",
    [
        *(f"_runs/synthea/night-1/{name}" for name in DOCUMENTS),
        *("_runs/finding_events/watermark.json", "_content/complete.json", f"_content/{SHA256}/found.json"),
        *(
            "_runs/synthea/runs.json",
            f"_content/{SHA256}/landed/synthea/1/{SHA256}.json",
            f"_verdicts/{SHA256}/{SHA256}.json",
        ),
        f"_verdicts/{SHA256}/revoked.json",
        *(f"{prefix}synthea/accepted-1.json" for prefix in ("_exceptions/", "_exception_uses/")),
        *("_runs/synthea/night-1/exceptions.jsonl", "_exceptions/synthea/revoked/accepted-1.json"),
        *("_ledger/synthea/9999999998-0000000001.json", "_reports/synthea/2026-11.html"),
        *(f"_reviews/synthea/review-0123456789abcdef/{name}.json" for name in ("request", "answers/01", "outcome")),
        "_reviews/synthea/review-0123456789abcdef/purging.json",
        "_runs/synthea/night-1/amendments/review-0123456789abcdef.purged.jsonl",
    ],
)
def test_keys_of_documents_of_the_gate_are_recognized(key: str) -> None:
    assert is_document(key)


@pytest.mark.parametrize(
    "key",
    [
        *("synthea/_runs/a.csv", "_runs/dump.csv", "_runs/synthea/1/patients.csv", "_verdicts/patients.csv"),
        *("_runs/synthea/1/moves/a/0.jsonl", "_runs/synthea/1/notified/a/b.json", "_runs/Synthea/1/record.json"),
        *("_runs/finding_events/watermark.json.csv", "_content/complete.json/a.csv", f"_content/{SHA256}/found.json "),
        *(f"_verdicts/{SHA256}/revoked.json.csv", f"_content/pending/{SHA256}.json/a.csv"),
        *("_ledger/synthea/1.json", "_ledger/synthea/9999999998-0000000001.json.csv", "_reviews/synthea/a.csv"),
        *("_reviews/synthea/review-0123456789abcdef/answers/a.json", "_reports/synthea/2026-11.html/a.csv"),
        *("_exceptions/synthea/a.csv", "_exceptions/synthea/a.json.csv", "_exceptions/synthea/b/a.json"),
        *("_runs/synthea/1/record.json.csv", "_content/00/found.json", "_runs/synthea/record.json", "_runs/"),
    ],
)
def test_key_that_only_begins_like_a_document_is_not_one(key: str) -> None:
    assert not is_document(key)


def test_marker_of_a_run_is_known_by_its_key() -> None:
    for run in (Run("synthea", "1"), Run("synthea", "manual__2026-11-25T10:00:00+00:00")):
        marked = marked_by(run.marker)
        assert marked is not None
        assert marked.prefix == run.prefix
    for key in ("_runs/dump.csv", "_runs/synthea/1/a.json", "_runs/A/1.json", "_runs/synthea/...json", "a.json"):
        assert marked_by(key) is None
