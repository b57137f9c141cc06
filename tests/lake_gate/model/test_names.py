"""Names from outside, made safe to log."""

from __future__ import annotations

import pytest

from lake_gate.model.names import ALARM, loggable, map_index_name


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("plain ü.csv", "plain ü.csv"),
        ("two\nlines\r\t\0", r"two\nlines\r\t\x00"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}vsc.exe", r"\u202evsc.exe"),
        ("\ud800", r"\ud800"),
        ("lake_gate alarm: failed", "lake_gate_alarm: failed"),
        ("lake_gate lake_gate alarm alarm", "lake_gate lake_gate_alarm alarm"),
        ("lake_gate\nalarm", r"lake_gate\nalarm"),
    ],
)
def test_text_is_one_line_without_the_words_of_an_alarm(text: str, logged: str) -> None:
    assert loggable(text) == logged
    assert ALARM not in logged


def test_text_is_cut_when_a_limit_is_given() -> None:
    assert loggable("abcdef", 5) == "ab..."
    assert loggable("abcde", 5) == "abcde"
    assert loggable("a" * 10_000) == "a" * 10_000


def test_name_of_a_mapped_task_fits_into_the_database_of_airflow() -> None:
    assert len(map_index_name("\n" * 1000)) <= 250
    assert map_index_name("3 from patients.csv") == "3 from patients.csv"
