"""The words that alarms count: logged as one line, and the ones that the template looks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake_gate.notifications.alarms import FAILED, HELD_TOO_LONG, alarm

WATCH = (Path(__file__).parents[3] / "infra" / "watch.yaml").read_text()


@pytest.mark.parametrize("words", [FAILED, HELD_TOO_LONG])
def test_logged_line_has_the_words_that_the_metric_filters_look_for(
    caplog: pytest.LogCaptureFixture, words: str
) -> None:
    alarm(words, "synthea, land")
    assert caplog.messages == [f"{words}: synthea, land"]
    assert f"FilterPattern: '\"{words}\"'" in WATCH


def test_names_in_the_line_of_an_alarm_do_not_trigger_another_alarm(caplog: pytest.LogCaptureFixture) -> None:
    alarm(FAILED, f"{HELD_TOO_LONG}\n{FAILED}")
    (line,) = caplog.messages
    assert line.count("lake_gate alarm") == 1
