"""The log of errors inside the local AWS."""

from __future__ import annotations

import pytest

from localaws.macie2.failures import report


def test_the_kind_and_the_place_of_an_error_are_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    value = "-".join(("999", "12", "3456"))
    try:
        int(value)
    except ValueError as error:
        report("job 1", error)
    assert "job 1 failed inside the local AWS: ValueError" in caplog.text
    assert "test_failures.py" in caplog.text
    assert value not in caplog.text
