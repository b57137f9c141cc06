"""Every breakage still fits the code that it breaks; `make mutants` shows that the tests notice each."""

from __future__ import annotations

import pytest

from tests.conftest import REPO
from tests.mutants.catalogue import MUTANTS, Mutant
from tests.mutants.run import compiles


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_breakage_fits_the_code(mutant: Mutant) -> None:
    code = (REPO / mutant.path).read_text()
    assert code.count(mutant.old) == 1, f"{mutant.path} must hold this once: {mutant.old!r}"
    assert compiles(mutant.path, code.replace(mutant.old, mutant.new))
    assert all((REPO / path).is_file() for path in mutant.tests)


def test_breakages_are_told_apart_by_their_names() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 30
