"""Where a run keeps its things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_gate.run import Run


def test_plain_run_id_is_its_own_folder() -> None:
    assert Run("synthea", "nightly_2026-01-01").prefix == "synthea/nightly_2026-01-01/"


def test_run_id_of_airflow_becomes_one_part_of_a_key() -> None:
    folder = Run("synthea", "manual__2026-01-01T02:00:00+00:00").folder
    assert folder.startswith("manual__2026-01-01T02-00-00-00-00-")


@pytest.mark.parametrize("run_id", ["..", "../../silver", "a/b", "é", "a b", "x" * 250])
def test_hostile_run_id_stays_below_the_feed(run_id: str) -> None:
    parts = Run("synthea", run_id).prefix.split("/")
    assert (len(parts), parts[0], parts[2]) == (3, "synthea", "")
    assert parts[1] not in {"", ".", ".."}


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_two_runs_never_share_a_folder(one: str, other: str) -> None:
    assert (Run("f", one).folder == Run("f", other).folder) == (one == other)


def test_documents_lie_outside_of_what_the_job_scans() -> None:
    run = Run("synthea", "1")
    assert not run.document("manifest.jsonl").startswith(run.prefix)
