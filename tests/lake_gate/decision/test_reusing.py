"""Reusing verdicts where there are none; with verdicts: tests/lake_gate/recording/test_remembering.py."""

from __future__ import annotations

import pytest

from lake_gate.decision.operators import ReuseVerdictsOperator
from lake_gate.decision.reusing import reuse_verdicts
from lake_gate.s3.documents import read_document_or_none
from tests.lake import Lake
from tests.lake_gate.steps import RUN, gate, land_files


@pytest.mark.parametrize("enabled", [True, False])
def test_objects_of_an_earlier_try_lose_their_verdict_when_there_is_none_any_more(lake: Lake, enabled: bool) -> None:
    land_files(lake, a=b"1\n")
    rules = {"identifiers": {}, "job_spec": "synthea_one_time", "policy": "default", "quarantine_threshold": "High"}
    operator = gate(lake, ReuseVerdictsOperator, enabled=enabled, **rules)
    assert reuse_verdicts(operator, RUN) == 0
    assert read_document_or_none(lake.s3, lake.bronze, RUN.document("reused.jsonl")) is None
