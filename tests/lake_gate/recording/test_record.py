"""The run record: everything accounted for, in order, whatever is missing."""

from __future__ import annotations

from typing import Any

import pytest

from lake_gate.decision.decision import Decision
from lake_gate.model.evidence import Severity
from lake_gate.model.manifest import Moved
from lake_gate.recording.record import (
    Totals,
    build_record,
    entry_of,
    iter_entries,
    merge_by_name,
    placed_entry_of,
    worst_severity,
)
from tests.builders import decided, landed


def moved(name: str, **changes: Any) -> Moved:
    return Moved(name, "silver", f"synthea/1/{name}", "v9", **changes)


def entries_of(
    *decisions: Decision, places: list[Moved] | None = None, dry_run: bool = False
) -> tuple[list[Any], Totals]:
    totals = Totals()
    places = [moved(d.name) for d in decisions] if places is None else places
    entries = iter_entries([landed(d.name) for d in decisions], decisions, places, dry_run=dry_run)
    return list(totals.counted(entries)), totals


def record_of(totals: Totals, *, dry_run: bool = False) -> dict[str, Any]:
    return build_record(
        run={"feed": "synthea", "run_id": "manual__1", "source": "/deliveries/today"},
        rules={"policy": None},
        job=None,
        totals=totals,
        dry_run=dry_run,
        objects_uri="s3://bronze/o",
        marker_uri="s3://silver/m",
    )


def test_record_says_which_verdicts_objects_rest_on_and_how_many_do() -> None:
    source = {"run_id": "0", "record_uri": "s3://bronze/r", "cleared_at": "2026-01-01T00:00:00+00:00"}
    reused = decided("a.csv", reason="verdict_reused", verdict=source)
    entries, totals = entries_of(reused, decided("b.csv"))
    assert [entry["verdict"] for entry in entries] == [source, None]
    assert record_of(totals)["reused"] == 1


def test_record_accounts_for_every_landed_object() -> None:
    high = decided("b.csv", "quarantine", severity="High", findings={"High": 1}, archived_findings=1)
    entries, totals = entries_of(decided("a.csv"), high)
    record = record_of(totals)
    assert record["accounted"]
    assert record["totals"] == {
        "objects": 2,
        "size_bytes": 2000,
        "outcomes": {"promote": 1, "quarantine": 1},
        "reasons": {"clean": 2},
        "findings": {"High": 1},
        "severities": {"High": 1},
        "archived_findings": 1,
        "beside_others": 0,
        "copies": {},
        "not_accounted": 0,
        "first_not_accounted": [],
    }
    assert entries[0]["now"] == {
        "bucket": "silver",
        "key": "synthea/1/a.csv",
        "version_id": "v9",
        "is_beside_others": False,
    }


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_object_without_a_place_is_not_accounted_for(missing: int) -> None:
    names = ["a.csv", "b.csv", "c.csv"]
    places = [moved(name) for name in names if name != names[missing]]
    _, totals = entries_of(*map(decided, names), places=places)
    assert not record_of(totals)["accounted"]
    assert (totals.not_accounted, totals.first_not_accounted) == (1, [names[missing]])


def test_object_without_a_decision_is_not_accounted_for() -> None:
    totals = Totals()
    list(totals.counted(iter_entries([landed("a.csv")], [], [], dry_run=True)))
    assert totals.first_not_accounted == ["a.csv"]


def test_only_the_first_objects_that_are_missing_are_named() -> None:
    _, totals = entries_of(*(decided(f"{n}.csv") for n in range(9)), places=[])
    assert (totals.not_accounted, len(totals.first_not_accounted)) == (9, 5)


def test_dry_run_accounts_for_objects_where_they_were_landed() -> None:
    entries, totals = entries_of(decided("a.csv", "quarantine"), places=[], dry_run=True)
    record = record_of(totals, dry_run=True)
    assert (record["accounted"], record["marker_uri"]) == (True, None)
    assert entries[0]["now"]["bucket"] == "bronze"


def test_objects_beside_other_bytes_are_counted() -> None:
    _, totals = entries_of(decided("a.csv"), places=[moved("a.csv", is_beside_others=True)])
    assert totals.beside_others == 1


def test_items_sorted_within_each_outcome_are_merged_into_the_order_of_the_manifest() -> None:
    names = ["a", "A", "é", "z", "日"]
    groups = [[decided(name) for name in sorted(names[start::2])] for start in range(2)]
    assert [d.name for d in merge_by_name(groups)] == sorted(names)


@pytest.mark.parametrize(
    ("severities", "worst"),
    [([None], None), (["Low"], Severity.LOW), (["High", "Low", "Medium"], Severity.HIGH)],
)
def test_worst_severity_is_the_highest_of_all_objects(severities: list[str | None], worst: Severity | None) -> None:
    """Of results, too: the finding of a High object may be missing."""
    decisions = [decided(f"{number}.csv", severity=severity) for number, severity in enumerate(severities)]
    assert worst_severity(record_of(entries_of(*decisions)[1])) == worst


PLACE = {"bucket": "b", "key": "k", "version_id": "v"}
ENTRY = {
    "name": "a",
    "size_bytes": 1,
    "sha256": "00",
    "outcome": "promote",
    "reason": "clean",
    "severity": None,
    "detections": {"Patient ID": 1},
    "now": PLACE,
}


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            None,
            [],
            {},
            {"name": 1},
            {"name": "a", "outcome": "x"},
            {"name": "a", "reason": 1},
            {"name": "a", "now": []},
        ),
        *({"name": "a", "now": {**PLACE, "key": None}}, {"name": "a", "outcome": ["promote"]}),
        *({**ENTRY, "outcome": "x"}, {**ENTRY, "reason": 1}, {**ENTRY, "now": []}, {**ENTRY, "outcome": ["promote"]}),
        *({**ENTRY, "now": {**PLACE, "key": None}}, {**ENTRY, "size_bytes": "1"}, {**ENTRY, "detections": {"x": "y"}}),
    ],
)
def test_line_that_is_not_an_entry_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="not an entry"):
        entry_of(wrong)


def test_entry_is_what_the_line_says() -> None:
    for line in ({**ENTRY, "more": 1}, {**ENTRY, "outcome": None, "reason": None, "now": None}):
        assert entry_of(line) == line


@pytest.mark.parametrize("name", [*("name", "size_bytes", "sha256", "outcome", "reason", "severity", "detections")])
def test_entry_without_a_member_that_is_read_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"^not an entry: .*{name} is missing"):
        entry_of({key: value for key, value in ENTRY.items() if key != name})


@pytest.mark.parametrize("unplaced", [{"now": None}, {"outcome": None}])
def test_entry_of_a_run_that_accounts_for_all_says_where_its_object_is(unplaced: dict[str, Any]) -> None:
    assert placed_entry_of(ENTRY) == ENTRY
    with pytest.raises(ValueError, match="not an entry: the place or the outcome"):
        placed_entry_of({**ENTRY, **unplaced})
