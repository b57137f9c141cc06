"""Which breakages are tried, and what counts as noticed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants import run
from tests.mutants.catalogue import MUTANTS, Mutant

NO_DEADLINE = next(mutant for mutant in MUTANTS if mutant.name == "there is no deadline")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one module and its tests."""
    (tmp_path / "code.py").write_text("def limit():\n    return 3\n")
    (tmp_path / "test_code.py").write_text(
        "from code_under_test import limit\n\ndef test_limit():\n    assert limit() == 3\n"
    )
    (tmp_path / "code.py").rename(tmp_path / "code_under_test.py")
    monkeypatch.setattr(run, "REPO", tmp_path)
    monkeypatch.setattr(run, "STATE", tmp_path / "noticed.json")
    return tmp_path


def breakage(old: str, new: str, name: str = "x") -> Mutant:
    return Mutant("code_under_test.py", ("test_code.py",), name, old, new)


@pytest.mark.parametrize(
    ("old", "new", "is_noticed"),
    [
        ("return 3", "return 4", True),
        ("return 3", "return 2 + 1", False),
        ("return 3", "return", True),
        ("return 3", "return 3\n    break", False),
        ("def limit", "def limits", False),
        ("not there", "", False),
    ],
)
def test_breakage_is_noticed_only_when_a_test_fails(repo: Path, old: str, new: str, is_noticed: bool) -> None:
    assert run._try(breakage(old, new)) is is_noticed


def test_only_what_changed_and_a_tenth_that_moves_on_every_day_is_due(repo: Path) -> None:
    mutants = [breakage("return 3", "return 4", str(number)) for number in range(20)]
    known = {mutant.name: run.fingerprint(mutant) for mutant in mutants}
    days = [{mutant.name for mutant in run.due(mutants, known, day)} for day in range(10)]
    assert set.union(*days) == set(known)
    assert all(len(of_day) == 2 for of_day in days)
    changed = replace(mutants[7], new="return 5")
    assert changed in run.due([*mutants[:7], changed], known, 0)
    (repo / "test_code.py").write_text("")
    assert len(run.due(mutants, known, 0)) == 20


def test_state_keeps_what_was_noticed_of_the_catalogue_alone(repo: Path) -> None:
    run.write_state({NO_DEADLINE.name: "aa", "left the catalogue": "bb", MUTANTS[0].name: ""})
    assert json.loads((repo / "noticed.json").read_text()) == run.read_state() == {NO_DEADLINE.name: "aa"}
