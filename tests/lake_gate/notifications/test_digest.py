"""The digest of a run: what people read, and what subscriptions can filter on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.decision.decision import Decision
from lake_gate.model.manifest import Moved
from lake_gate.notifications.digest import digest
from lake_gate.notifications.message import Notice
from lake_gate.recording.record import Totals, build_record, iter_entries
from tests.builders import decided, landed

URI = "s3://bronze/_runs/synthea/1/record.json"
HIGH = {"severity": "High", "findings": {"High": 1}, "detections": {"NAME": 7}}


def report(
    *decisions: Decision, settled: bool = True, source: str = "/deliveries/today", dry_run: bool = False, **changes: Any
) -> tuple[dict[str, Any], list[Any]]:
    """The record of a run and the lines of its objects."""
    decisions = tuple(sorted(decisions, key=lambda decision: decision.name))
    totals = Totals()
    places = [Moved(d.name, "silver", d.key, "v9", **changes) for d in decisions]
    entries = iter_entries([landed(d.name) for d in decisions], decisions, places, dry_run=False)
    lines = list(totals.counted(entries))
    run = {"feed": "synthea", "run_id": "manual__1", "source": source}
    uris = {"objects_uri": "o", "marker_uri": "m"}
    facts: dict[str, Any] = {"rules": {}, "job": {"settled": settled}, "dry_run": dry_run, **uris}
    return build_record(run=run, totals=totals, **facts), lines


def digest_of(*decisions: Decision, unsent: int = 0, record: dict[str, Any] | None = None, **facts: Any) -> Notice:
    """The digest of a run; ``record`` is what others add to its record."""
    of_run, lines = report(*decisions, **facts)
    return digest({**of_run, **(record or {})}, lines, URI, unsent=unsent)


def suppressed(ours: int, unexplained: int) -> dict[str, Any]:
    """What a record says of suppression rules."""
    return {"rules": {"suppression_rules": {"by_rule": {"ours": ours, "idle": 0}, "unexplained": unexplained}}}


def excused(exceptions: Any = (), **standing: list[str]) -> dict[str, Any]:
    """What a record says of exceptions."""
    return {"rules": {"exceptions": exceptions, "standing_exceptions": standing}}


def body(notice: Notice) -> list[str]:
    text: str = json.loads(notice.to_sns()["Message"])["default"]
    return text.split("\n")


def test_body_names_files_and_counts_strictest_first() -> None:
    lines = body(digest_of(decided("a.csv"), decided("c.csv", "hold"), decided("b.csv", "quarantine", **HIGH)))
    start = lines.index("Quarantined (1):")
    assert lines[start:-1] == [
        "Quarantined (1):",
        "- b.csv: Macie found nothing, High (NAME 7)",
        "Held (1):",
        "- c.csv: Macie found nothing",
        "Promoted (1):",
        "- a.csv: Macie found nothing",
    ]
    assert lines[-1] == f"Run record: {URI}"


def test_strictest_outcomes_are_listed_first_and_the_others_left_out() -> None:
    promoted = (decided(f"{i:06}-{'ü' * 200}.csv") for i in range(2000))
    lines = body(digest_of(*promoted, decided("z.csv", "quarantine", **HIGH), source="\U0001f600" * 2000))
    listed = [line for line in lines if line.startswith("- ")]
    assert listed[0].startswith("- z.csv: ")
    assert lines[-2:] == [f"... and {2001 - len(listed)} more, in the record.", f"Run record: {URI}"]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"settled": False}, "Macie's results were still changing at the deadline"),
        ({"is_beside_others": True}, "1 file with other bytes in other versions of the same key."),
        ({"dry_run": True}, "Dry run: nothing was moved."),
        ({"unsent": 5}, "5 more findings without a message of their own"),
        ({"record": {"reused": 3}}, "3 files not scanned again: the same bytes were cleared before by the same rules."),
        (
            {"record": {"delivery": {"missing_tables": ["claims", "x\ny"]}}},
            "tables are missing in this delivery: claims, x",
        ),
        (
            {"record": {"cost": {"objects": 2, "size_bytes": 10**9, "usd": 1.004}}},
            "Scope of the scan: 2 files, 1,000,000,000 bytes, estimated cost 1.00 USD.",
        ),
        (
            {"record": {"cost": {"objects": 1, "size_bytes": 9, "usd": 0.0, "maybe_compressed": 1}}},
            "estimated cost less than 0.01 USD.",
        ),
        ({"record": suppressed(2, 0)}, "Suppression rule 'ours' has archived 2 findings."),
        ({"record": suppressed(0, 3)}, "3 archived findings without a suppression rule of the repository."),
        (
            {"record": excused(exceptions=[{"id": "npi", "objects": 2}, {"id": "zip", "objects": 1}])},
            "Exceptions without which files would not have passed: npi (2 files), zip (1 file).",
        ),
        ({"record": excused(ending=["npi (2026-12-01)"])}, "Exceptions that end within a week: npi (2026-12-01)."),
        ({"record": excused(never_used=["a", "b"])}, "Exceptions that no run has used so far: a, b."),
        ({"record": excused(problems=["x is damaged"])}, "Warning: problems with exceptions: x is damaged."),
    ],
)
def test_body_has_a_sentence_for_each_fact_that_applies(facts: dict[str, Any], sentence: str) -> None:
    assert sentence in "\n".join(body(digest_of(decided(), **facts)))
    assert sentence.partition(" ")[2] not in "\n".join(body(digest_of(decided())))


@pytest.mark.parametrize(
    "empty",
    [
        {"delivery": {"missing_tables": []}},
        {"delivery": {}},
        {"cost": None},
        {"reused": 0},
        suppressed(0, 0),
        excused(),
    ],
)
def test_body_is_silent_when_a_part_of_the_record_says_nothing(empty: dict[str, Any]) -> None:
    assert body(digest_of(decided(), record=empty)) == body(digest_of(decided()))


def test_missing_tables_are_named_up_to_a_number() -> None:
    names = [f"t{number}" for number in range(1000)]
    (line,) = [line for line in body(digest_of(record={"delivery": {"missing_tables": names}})) if "missing" in line]
    assert line.endswith("t19 and 980 more.")


@pytest.mark.parametrize(
    ("outcomes", "facts", "subject"),
    [
        ([], {}, "[synthea] empty delivery, nothing to do"),
        (["promote", "hold"], {}, "[synthea] 2 files: 1 promoted, 0 quarantined, 1 held"),
        (["promote"], {"dry_run": True}, "[synthea] dry run: 1 file: 1 to promote, 0 to quarantine, 0 to hold"),
    ],
)
def test_subject_says_how_many_went_where(outcomes: list[str], facts: dict[str, Any], subject: str) -> None:
    decisions = [decided(f"{number}.csv", outcome) for number, outcome in enumerate(outcomes)]
    assert digest_of(*decisions, **facts).to_sns()["Subject"] == subject


def test_text_message_counts_and_names_no_file() -> None:
    request = digest_of(decided("a.csv", "quarantine", **HIGH), decided("b.csv")).to_sns()
    sms = json.loads(request["Message"])["sms"]
    assert sms == "[synthea] 2 files: 1 promoted, 1 quarantined, 0 held. Severity: High."


def test_text_message_of_the_longest_feed_and_the_largest_run_is_whole() -> None:
    record, _ = report(*(decided(f"{number}", "quarantine", **HIGH) for number in range(3)), dry_run=True)
    record["run"]["feed"] = "f" * 40
    record["totals"]["outcomes"] = dict.fromkeys(("promote", "quarantine", "hold"), 99_999)
    record["totals"]["objects"] = 299_997
    sms = json.loads(digest(record, [], URI).to_sns()["Message"])["sms"]
    assert sms.endswith("299,997 files: 99,999 to promote, 99,999 to quarantine, 99,999 to hold. Severity: High.")


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        (["promote", "hold", "quarantine"], "quarantined"),
        (["promote", "hold"], "held"),
        (["promote"], "promoted"),
        ([], "empty"),
    ],
)
def test_attributes_let_subscriptions_filter(outcomes: list[str], worst: str) -> None:
    found = {"quarantine": HIGH}
    decisions = [decided(f"{outcome}.csv", outcome, **found.get(outcome, {})) for outcome in outcomes]
    assert digest_of(*decisions).attributes == {
        "feed": "synthea",
        "kind": "digest",
        "severity": "High" if "quarantine" in outcomes else "None",
        "outcome": worst,
        "dry_run": "false",
        **{outcome: int(outcome in outcomes) for outcome in ("promote", "quarantine", "hold")},
    }


def test_links_to_the_page_and_to_airflow_follow_the_sums() -> None:
    record, lines = report(decided("b.csv", "quarantine", **HIGH))
    record["run"] |= {"airflow_url": "https://airflow/run", "started_by": "ann"}
    found = body(digest(record, lines, URI, page_url="https://airflow/gate/run/", report_uri="s3://bronze/report.html"))
    assert found[1:6] == [
        "1 file: 0 promoted, 1 quarantined, 0 held. Highest severity: High.",
        "Files: https://airflow/gate/run/",
        "Report: s3://bronze/report.html",
        "In Airflow: https://airflow/run",
        "Feed synthea, run manual__1, started by ann.",
    ]


def test_message_begins_with_what_is_new() -> None:
    record, lines = report(decided("patients.csv", "quarantine", **HIGH))
    column = {"column": "NOTES", "index": 9, "identifier": "PASSPORT", "cells": 12, "is_capped": False}
    gone: dict[str, Any] = {"gone_identifiers": [], "gone_columns": []}
    was = {"run_id": "manual__0", "outcome": "quarantine", "new_identifiers": ["PASSPORT"], "new_columns": [column]}
    lines[0]["before"] = {**was, **gone}
    assert body(digest(record, lines, URI))[:2] == [
        "New since run manual__0:",
        "- patients.csv: PASSPORT appears in column NOTES, 12 rows",
    ]


def test_dry_run_says_so_before_all_else() -> None:
    record, lines = report(decided("a.csv", "quarantine", **HIGH), dry_run=True)
    found = body(digest(record, lines, URI))
    assert found[0] == "Dry run: nothing was moved. This is what would happen to the files."
    assert "To quarantine (1):" in found
