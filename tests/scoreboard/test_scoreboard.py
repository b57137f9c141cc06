"""The scoreboard: its own numbers hold, its page is what is measured, and it notices what it is there to notice."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from localaws.macie2.identifiers import CATALOGUE
from scoreboard import __main__ as command
from scoreboard import ours, page, shapes
from scoreboard.data import SPECS, samples_of
from scoreboard.metrics import Score, problems
from scoreboard.sample import Place, Sample


@pytest.mark.slow
def test_every_identifier_is_precise_and_complete_enough_and_the_page_says_what_is_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.main(["--check"]) == 0, capsys.readouterr().err


def test_check_fails_when_the_page_says_something_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "measure", lambda: ("another page", []))
    assert command.main(["--check"]) == 1
    assert "docs/reports/scoreboard.md is not what is measured now" in capsys.readouterr().err


def test_check_fails_when_an_identifier_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    off = dataclasses.replace(CATALOGUE["UK_NHS_NUMBER"], pattern=None)
    some = [spec for spec in SPECS if spec.identifier in ("UK_NHS_NUMBER", "USA_PASSPORT_NUMBER")]
    for module in (ours, command):
        monkeypatch.setattr(module, "CATALOGUE", {**CATALOGUE, off.id: off})
        monkeypatch.setattr(module, "SPECS", some)
    assert command.main(["--check"]) == 1
    assert "UK_NHS_NUMBER has samples and is not implemented" in capsys.readouterr().err


def test_check_fails_when_a_check_digit_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    loose = dataclasses.replace(CATALOGUE["UK_NHS_NUMBER"], check=None)
    monkeypatch.setattr(ours, "CATALOGUE", {**CATALOGUE, loose.id: loose})
    monkeypatch.setattr(ours, "SPECS", [spec for spec in SPECS if spec.identifier == loose.id])
    assert [text.split(":")[0] for text in problems(ours.score_all())] == [
        f"UK_NHS_NUMBER ({one})" for one in shapes.SHAPES
    ]


def test_check_fails_when_presidio_was_measured_on_other_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "presidio.json"
    old.write_text(json.dumps({**json.loads(page.PRESIDIO.read_text()), "data": "other"}))
    monkeypatch.setattr(page, "PRESIDIO", old)
    monkeypatch.setattr(command, "measure", lambda: (command.PAGE.read_text(), []))
    assert command.main(["--check"]) == 1
    assert "other data" in capsys.readouterr().err


def test_precision_and_recall_of_a_case_by_hand() -> None:
    labels = [True, True, True, True, False, False, False]
    found = [True, True, True, False, True, False, False]
    score = Score.of(labels, found)
    assert score == Score(hits=3, false_alarms=1, misses=1)
    assert (score.precision, score.recall) == (0.75, 0.75)
    assert score + Score(1, 0, 0) == Score(4, 1, 1)


def test_nothing_found_has_no_precision_and_counts_as_a_problem() -> None:
    assert Score.of([True, False], [False, False]).precision is None
    assert Score.of([False], [True]).recall is None
    assert len(problems({"X": {"csv": Score(0, 0, 4)}})) == 2
    assert not problems({"X": {"csv": Score(95, 5, 10)}})


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_a_finding_is_that_of_the_sample_that_it_stands_in(shape: str) -> None:
    samples = [
        Sample("USA_SOCIAL_SECURITY_NUMBER", "000-05-1120", False, Place.FIELD, "SSN", "never issued"),
        Sample("USA_SOCIAL_SECURITY_NUMBER", "078-05-1120", True, Place.SENTENCE, "SSN", "valid"),
        Sample("USA_SOCIAL_SECURITY_NUMBER", "078-05-1120", False, Place.FAR, "SSN", "keyword too far away"),
        Sample("USA_SOCIAL_SECURITY_NUMBER", "078-05-1120", True, Place.FIELD, "SSN", "valid"),
        Sample("USA_SOCIAL_SECURITY_NUMBER", "078-05-1120", False, Place.ALONE, "", "no keyword"),
    ]
    rendered = shapes.render(samples, shape)
    found = ours.found_in(rendered, [CATALOGUE["USA_SOCIAL_SECURITY_NUMBER"]])
    assert found == {"USA_SOCIAL_SECURITY_NUMBER": [False, True, False, True, False]}


def test_samples_are_the_same_each_time_and_others_for_another_seed() -> None:
    spec = next(spec for spec in SPECS if spec.identifier == "CREDIT_CARD_NUMBER")
    assert samples_of(spec) == samples_of(spec)
    assert samples_of(spec) != samples_of(spec, seed=1)


def test_every_identifier_has_valid_values_and_near_misses() -> None:
    assert {spec.identifier for spec in SPECS} == set(CATALOGUE)
    for spec in SPECS:
        samples = samples_of(spec)
        assert sum(sample.is_true for sample in samples) >= 40
        assert sum(not sample.is_true for sample in samples) >= 25, spec.identifier
