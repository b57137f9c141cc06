"""A made-up run as its documents say it: record, entries, columns."""

from __future__ import annotations

from typing import Any

from lake_gate.ledger.chain import Head
from lake_gate.reports.run_report import Document, RunReport
from tests.lake_gate.pages.conftest import POLICY, column, entry

BRONZE = "lake-bronze-123456789012-us-east-1"
RECORD: dict[str, Any] = {
    "schema": "lake-gate/run-record/2",
    "run": {
        "dag_id": "synthea_gate",
        "run_id": "scheduled__2026-11-28T02:00:00+00:00",
        "started_at": "2026-11-28T02:00:00+00:00",
        "recorded_at": "2026-11-28T02:11:00+00:00",
        "started_by": "scheduled",
        "airflow_url": "https://airflow.example.org/dags/synthea_gate/runs/x",
        "feed": "synthea",
        "folder": "scheduled__2026-11-28T02-00-00-00-00-0a1b2c3d",
        "source": "s3://deliveries/synthea/2026-11-28/",
    },
    "rules": {
        "policy": POLICY,
        "identifiers": {
            "Patient ID": {"id": "i", "sha256": "1f" * 32},
            "Claim number": {"id": "j", "sha256": "2e" * 32},
        },
        "job_spec": {"name": "synthea_one_time", "sha256": "3d" * 32},
        "suppression_rules": {"by_rule": {"Known test people": 2}, "unexplained": 1},
        "exceptions": [
            {"id": "org-names", "kind": "false_positive", "release": "as_is", "until": "2026-12-31", "objects": 1}
        ],
    },
    "job": {
        "job_id": "0123456789abcdef0123456789abcdef",
        "status": "COMPLETE",
        "last_run_error": "NONE",
        "sampling_percentage": 100,
        "settled": True,
        "findings": 3,
        "findings_capped": False,
        "arn": None,
    },
    "dry_run": False,
    "delivery": {"missing_tables": ["supplies"]},
    "cost": {"objects": 6, "size_bytes": 7_407_402, "usd": 0.007, "maybe_compressed": 0},
    "scan": {"seconds": 312, "bytes": 7_407_402},
    "reused": 1,
    "totals": {
        "objects": 7,
        "size_bytes": 8_641_969,
        "outcomes": {"promote": 3, "quarantine": 2, "hold": 1, "mask": 1},
        "reasons": {"clean": 2},
        "severities": {"High": 3, "Low": 1},
        "not_accounted": 0,
        "first_not_accounted": [],
        "beside_others": 0,
    },
    "accounted": True,
    "objects_uri": f"s3://{BRONZE}/_runs/synthea/x/objects.jsonl",
    "marker_uri": "s3://lake-silver-123456789012-us-east-1/_runs/synthea/x.json",
}
NOTHING_NEW = {
    "run_id": "scheduled__2026-11-27T02:00:00+00:00",
    "folder": "f",
    "outcome": "promote",
    "reason": "clean",
    "new_identifiers": [],
    "gone_identifiers": [],
    "new_columns": [],
    "gone_columns": [],
}
_NEW_COLUMN = {
    "column": "SSN",
    "index": 4,
    "identifier": "USA_SOCIAL_SECURITY_NUMBER",
    "cells": 1000,
    "is_capped": True,
}
_SAME = {**NOTHING_NEW, "outcome": "quarantine", "reason": "quarantined_by_rule"}
_RISK = {"quasi_identifiers": ["ZIP"], "smallest_group": 3, "rows_below_5": 12, "share_below_5": 0.0103}
MASKING = {
    "spec": "synthea",
    "spec_sha256": "5b" * 32,
    "key_version": 2,
    "methods": {"SSN": "token", "PASSPORT": "token", "BIRTHDATE": "year"},
    "risk": _RISK,
}
ENTRIES = [
    entry("allergies.csv", "promote", before=NOTHING_NEW, rows=597),
    entry("careplans.csv", "promote", before=NOTHING_NEW, reason="verdict_reused", rows=3483),
    entry(
        "claims.csv",
        "quarantine",
        before={**_SAME, "outcome": "promote"},
        reason="found_in_same_bytes",
        rule=None,
        amended={"was": "promote", "findings": ["f"], "decided_at": "2026-11-29T08:00:00+00:00", "by": "events-7"},
    ),
    entry("notes.pdf", "hold", before=NOTHING_NEW, reason="analysis_skipped", rows=None, columns=None,
          status_reason="ARCHIVE_EXCEEDS_SIZE_LIMIT"),
    entry("organizations.csv", "promote", before=NOTHING_NEW, rows=1119, severity="Low",
          reason="findings_below_threshold", detections={"NAME": 4}),
    entry("patients.csv", "quarantine", before={**_SAME, "outcome": "promote", "new_columns": [_NEW_COLUMN]},
          detections={"USA_SOCIAL_SECURITY_NUMBER": 1163, "NAME": 2326}),
    entry("providers.csv", "quarantine", before=NOTHING_NEW) | {
        "outcome": "mask", "reason": "masked_by_spec", "rule": None,
        "masked": entry("providers.csv", "promote", masking=MASKING),
    },
]  # fmt: skip
COLUMNS = [
    column("patients.csv"),
    column("patients.csv", "FIRST", 8, identifier="NAME", cells=998, is_capped=False, decided=False),
    column("patients.csv", "LAST", 9, identifier="NAME", cells=998, is_capped=False, decided=False),
    column("claims.csv", "PATIENTSSN", 3, cells=12, is_capped=False),
    column("organizations.csv", None, None, identifier="NAME", cells=0, is_capped=False, decided=False),
]
_FOLDER = f"s3://{BRONZE}/_runs/synthea/scheduled__2026-11-28T02-00-00-00-00-0a1b2c3d/"
DOCUMENTS = [
    Document(_FOLDER + name, f"v-{name[:4]}-0123456789", digit * 64, size)
    for name, digit, size in (("manifest.jsonl", "a", 2481), ("decisions.jsonl", "b", 1988), ("plan.json", "c", 911),
                              ("objects.jsonl", "d", 9802), ("record.json", "e", 2290))
]  # fmt: skip


def made_up(record: Any = RECORD, entries: Any = ENTRIES, columns: Any = COLUMNS, **more: Any) -> RunReport:
    """The report of the made-up run."""
    facts = {
        "documents": DOCUMENTS,
        "job_times": ("2026-11-28T02:01:00.000Z", "2026-11-28T02:01:05.000Z"),
        "ledger_head": Head(417, "9f" * 32),
        "reviews": [
            {
                "id": "r-2026-11-29-a",
                "action": "release_masked",
                "reason": "public organisations",
                "asked_by": "ann",
                "state": "open",
                "answered_by": [],
                "asked_at": "2026-11-29T09:00:00+00:00",
                "files": 2,
            }
        ],
    }
    return RunReport.collect(record, entries, columns, **{**facts, **more})
