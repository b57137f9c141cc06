"""Report on a masked copy."""

from __future__ import annotations

import json

from lake_gate.masking.report import MaskReport, Risk


def test_report_is_a_json_document() -> None:
    risk = Risk(("birthdate",), 1, 3, 0.5)
    report = MaskReport("a.csv", 6, 2, 100, "ab", {"SSN": "null", "#4": "token"}, [1, 4], "s", "cd", 1, "ef", 0, risk)
    document = json.loads(json.dumps(report.to_json()))
    assert document["methods"] == {"SSN": "null", "#4": "token"}
    assert document["risk"] == {
        "quasi_identifiers": ["birthdate"],
        "smallest_group": 1,
        "rows_below_5": 3,
        "share_below_5": 0.5,
    }
