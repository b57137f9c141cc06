"""Where the files of include/ are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake_gate.errors import FinalGateError
from lake_gate.include import include_path, read_feeds, read_job_spec
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


def test_feed_whose_file_is_wrong_is_named_and_stops_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "clinic.json").write_text('{"owner": "clinic", "schedule": null}')
    (feeds / "half.json").write_text('{"owner": ')
    (feeds / "wrong.json").write_text('{"owner": "x", "schedule": null, "polcy": "default"}')
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    found, errors = read_feeds()
    assert [feed.name for feed in found] == ["clinic"]
    half, wrong = map(str, errors)
    assert f"{feeds / 'half.json'} is not a valid feed" in half
    assert "'polcy' was unexpected" in wrong


RULE = {
    "name": "rule",
    "findingCriteria": {"criterion": {"type": {"eq": ["x"]}}},
    "owner": "a",
    "reason": "b",
    "expires_on": "2000-01-01",
}
