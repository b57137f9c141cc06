from __future__ import annotations

from typing import Any

import pytest

from lake_gate.display.files import FileRow
from tests.lake_gate.pages.conftest import entry


def test_changes_since_the_last_run_are_words() -> None:
    before = {"run_id": "0", "outcome": "promote", "new_identifiers": ["PASSPORT"], "gone_identifiers": ["NAME"]}
    assert FileRow.of(entry(before=before)).news == ["was promoted", "PASSPORT is new", "NAME is gone"]
    assert FileRow.of(entry(before={"outcome": "quarantine"})).news == []


@pytest.mark.parametrize("damaged", [{}, {"name": 3, "now": [], "detections": "x", "before": 3, "amended": []}])
def test_an_entry_of_another_shape_is_shown_as_unknown(damaged: dict[str, Any]) -> None:
    file = FileRow.of(damaged)
    assert (file.name, file.outcome, file.now, file.before, file.identifiers) == ("", "", ("", "", ""), None, [])
