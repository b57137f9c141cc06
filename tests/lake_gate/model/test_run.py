"""Where a run keeps its things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_gate.model.run import REVIEW_ID, Run


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
def test_two_runs_do_not_share_a_folder(one: str, other: str) -> None:
    assert (Run("f", one).folder == Run("f", other).folder) == (one == other)


def test_documents_lie_outside_of_what_the_job_scans() -> None:
    run = Run("synthea", "1")
    assert not run.document("manifest.jsonl").startswith(run.prefix)


@pytest.mark.parametrize("run_id", ["night 1", "manual__2026-01-01T02:00:00+00:00"])
def test_run_that_is_named_like_the_folder_of_another_one_has_its_own(run_id: str) -> None:
    first = Run("synthea", run_id)
    second = Run("synthea", first.folder)
    assert len({first.folder, second.folder, Run("synthea", second.folder).folder}) == 3


@pytest.mark.parametrize("run_id", ["watermark.json", "index.json", "_content", ".hidden", "1.jsonl"])
def test_no_run_has_the_name_of_a_document_of_the_gate(run_id: str) -> None:
    assert Run("finding_events", run_id).folder != run_id


@given(st.text(min_size=1, max_size=20))
def test_run_is_found_again_by_its_folder(run_id: str) -> None:
    run = Run("synthea", run_id)
    found = Run.of_folder("synthea", run.folder)
    assert (found.prefix, found.documents, found.marker) == (run.prefix, run.documents, run.marker)


@pytest.mark.parametrize(
    ("feed", "folder"),
    [
        ("{{ 7*7 }}", "1"),
        ("", "1"),
        ("Synthea", "1"),
        ("f" * 41, "1"),
        ("synthea", ""),
        ("synthea", ".."),
        ("a", "x y"),
    ],
)
def test_what_no_run_is_called_is_not_a_run(feed: str, folder: str) -> None:
    with pytest.raises(ValueError, match="not the feed and the folder"):
        Run.of_folder(feed, folder)


def test_no_run_has_the_folder_of_a_review_request() -> None:
    assert not REVIEW_ID.fullmatch(Run("synthea", "review-0123456789abcdef").folder)
