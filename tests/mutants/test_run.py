"""Which breakages are tried, and what counts as noticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants import run
from tests.mutants.catalogue import MUTANTS, Mutant
from tests.mutants.run import Noticed, Tries

pytestmark = pytest.mark.slow
NO_DEADLINE = next(mutant for mutant in MUTANTS if mutant.name == "there is no deadline")
TESTS = "from code_under_test import limit\n\ndef test_limit():\n    assert limit() == 3\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one module and its tests."""
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "code_under_test.py").write_text("def limit():\n    return 3\n")
    (repo / "test_code.py").write_text(TESTS)
    monkeypatch.setattr(run, "REPO", repo)
    monkeypatch.setattr(run, "STATE", repo / "noticed.json")
    return repo


@pytest.fixture(scope="module")
def tries() -> Iterator[Tries]:
    with Tries(1) as tries:
        yield tries


def breakage(old: str, new: str, name: str = "x") -> Mutant:
    return Mutant("code_under_test.py", ("test_code.py",), name, old, new)


@pytest.mark.parametrize(
    ("old", "new", "by"),
    [
        ("return 3", "return 4", "test_code.py::test_limit"),
        ("return 3", "return 2 + 1", None),
        ("return 3", "return", "test_code.py::test_limit"),
        ("return 3", "return 3\n    break", None),
        ("def limit", "def limits", None),
        ("return 3", "import os; os._exit(1)", None),
        ("not there", "", None),
    ],
)
@pytest.mark.usefixtures("repo")
def test_breakage_is_noticed_only_when_a_test_fails(tries: Tries, old: str, new: str, by: str | None) -> None:
    noticed = tries.make(breakage(old, new))
    assert (noticed.by if noticed else None) == by


def test_test_that_cannot_be_set_up_notices_nothing(repo: Path, tries: Tries) -> None:
    fixture = "import pytest\n\n@pytest.fixture\ndef three():\n    assert limit() == 3\n\n"
    (repo / "test_code.py").write_text(fixture + TESTS.replace("test_limit()", "test_limit(three)"))
    assert tries.make(breakage("return 3", "return 4")) is None


@pytest.mark.parametrize("before", ["test_code.py::test_limit", "test_code.py::test_that_is_gone", "test_code.py", ""])
@pytest.mark.usefixtures("repo")
def test_test_that_noticed_it_before_is_only_tried_first(tries: Tries, before: str) -> None:
    for new, is_noticed in (("return 4", True), ("return 2 + 1", False)):
        noticed = tries.make(breakage("return 3", new), Noticed("", before))
        assert (noticed is not None) is is_noticed


def test_code_of_the_copy_is_tested_also_where_that_of_the_repository_was_compiled(repo: Path, tries: Tries) -> None:
    assert tries.make(breakage("return 3", "return 2 + 1")) is None
    compiled = repo / "__pycache__" / "code_under_test.cpython-312.pyc"
    compiled.parent.mkdir(exist_ok=True)
    compiled.write_bytes(b"of another version")
    assert tries.make(breakage("return 3", "return 9")) is not None


@pytest.mark.parametrize(("is_endless", "by"), [(True, ""), (False, None)])
def test_tests_that_do_not_end_are_killed(
    repo: Path, tries: Tries, monkeypatch: pytest.MonkeyPatch, is_endless: bool, by: str | None
) -> None:
    for name in ("ENDLESS_SECONDS", "MOST_SECONDS"):
        monkeypatch.setattr(run, name, 5)
    noticed = tries.make(replace(breakage("return 3", "while True: pass"), is_endless=is_endless))
    assert (noticed.by if noticed else None) == by


@pytest.mark.usefixtures("repo")
def test_tests_that_should_not_end_and_die_notice_nothing(tries: Tries) -> None:
    assert tries.make(replace(breakage("return 3", "import os; os._exit(1)"), is_endless=True)) is None


def test_only_what_changed_and_a_share_that_moves_on_every_day_is_due(repo: Path) -> None:
    mutants = [breakage("return 3", "return 4", str(number)) for number in range(80)]
    known = {mutant.name: Noticed(run.fingerprint(mutant), "") for mutant in mutants}
    days = [{mutant.name for mutant in run.due(mutants, known, day)} for day in range(40)]
    assert set.union(*days) == set(known)
    assert all(len(of_day) == 2 for of_day in days)
    changed = replace(mutants[7], new="return 5")
    assert changed in run.due([*mutants[:7], changed], known, 0)
    (repo / "test_code.py").write_text("")
    assert len(run.due(mutants, known, 0)) == 80


@pytest.mark.usefixtures("repo")
def test_state_keeps_what_was_noticed_of_the_catalogue_alone() -> None:
    noticed = Noticed("aa", "tests/test_x.py::test_x")
    run.write_state({NO_DEADLINE.name: noticed, "left the catalogue": noticed})
    assert run.read_state() == {NO_DEADLINE.name: noticed}
