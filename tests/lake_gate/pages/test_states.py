from __future__ import annotations

import pytest

from lake_gate.pages import states


@pytest.mark.parametrize(("status", "title"), [(401, "Not signed in"), (403, "No permission"), (404, "No such page")])
def test_refusals_have_a_page(status: int, title: str) -> None:
    assert (states.of_status(status).status, states.of_status(status).title) == (status, title)


def test_each_state_names_its_cause() -> None:
    assert "GetObject failed: AccessDenied" in states.of_aws("GetObject", "AccessDenied").text
    assert "record.json" in states.of_damage("record.json").text
    assert states.of_settings("bronze_bucket is missing").text == "bronze_bucket is missing"
