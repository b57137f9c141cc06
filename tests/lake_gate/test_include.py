"""Where the files of include/ are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake_gate.errors import FinalGateError
from lake_gate.include import include_path, read_job_spec
from tests.conftest import REPO


def test_files_lie_beside_the_dags_in_the_repo() -> None:
    assert include_path("identifiers") == str(REPO / "include" / "identifiers")
    assert read_job_spec("synthea_one_time")["jobType"] == "ONE_TIME"


def test_folder_of_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "job_specs").mkdir()
    (tmp_path / "job_specs" / "synthea_one_time.json").write_text('{"name": "mine"}')
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    assert read_job_spec("synthea_one_time") == {"name": "mine"}


def test_file_that_is_nowhere_is_an_error_that_says_where_it_was_looked_for() -> None:
    with pytest.raises(FinalGateError, match=str(REPO)):
        include_path("job_specs/nothing.json")
