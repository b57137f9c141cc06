from __future__ import annotations

from typing import Any

import pytest

from lake_gate.display.columns import Detection
from tests.lake_gate.pages.conftest import column


@pytest.mark.parametrize(
    ("title", "index", "expected"), [("SSN", 4, "SSN"), (None, 4, "column 4"), (None, None, "anywhere in the file")]
)
def test_a_column_has_words_also_without_a_name(title: str | None, index: int | None, expected: str) -> None:
    assert Detection.of(column(title=title, index=index)).column_words == expected


@pytest.mark.parametrize("damaged", [{}, {"column": 3, "index": "1", "decided": "yes", "first_seen": []}])
def test_a_line_of_another_shape_is_an_unknown_column(damaged: dict[str, Any]) -> None:
    detection = Detection.of(damaged)
    assert (detection.column_words, detection.decided, detection.cells) == ("anywhere in the file", False, None)
