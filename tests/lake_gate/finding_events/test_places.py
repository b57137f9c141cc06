"""Which run has landed an object, by its key."""

from __future__ import annotations

import pytest

from lake_gate.finding_events.places import is_document, landed_key, ledger, run_of
from lake_gate.run import Run


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


@pytest.mark.parametrize("key", ["_runs/synthea/1.json", "_runs/synthea/1/manifest.jsonl", "_verdicts/00/revoked.json"])
def test_what_the_gate_writes_down_is_a_document(key: str) -> None:
    assert is_document(key)


def test_what_was_landed_is_no_document_and_each_chunk_has_a_ledger_of_its_own() -> None:
    assert not is_document("synthea/_runs/a.csv")
    assert ledger(0) != ledger(10)
