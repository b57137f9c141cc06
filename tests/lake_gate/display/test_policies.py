from __future__ import annotations

from typing import Any

import pytest

from lake_gate.display.policies import policies_of, rule_descriptions
from tests.lake_gate.pages.conftest import POLICY


def test_the_run_s_policy_follows_that_of_the_feed() -> None:
    record = {"rules": {"policy": {**POLICY, "also": {"name": "clean_only", "sha256": "x"}}}}
    assert [policy["name"] for policy in policies_of(record)] == ["default", "clean_only"]
    assert rule_descriptions(record) == {"identity-documents": "Numbers of people"}


@pytest.mark.parametrize("record", [{}, {"rules": None}, {"rules": {"policy": []}}, {"rules": {"policy": {"name": 3}}}])
def test_a_record_of_another_shape_has_no_policy(record: dict[str, Any]) -> None:
    assert policies_of(record) == []
