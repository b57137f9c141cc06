"""Binding of observations to the landed version; docs/decisions.md has a row for every single condition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lake_gate.decision.binding import History, bind, is_about, may_be_about
from lake_gate.model.evidence import Evidence, Observation
from tests.builders import landed

LANDED = landed()
ONLY = History("Enabled", ("v1",), ())
NAMED = Observation(LANDED.bucket, LANDED.key, "v1", "e1", "COMPLETE", None, None, (), size_bytes=LANDED.size_bytes)
UNNAMED = replace(NAMED, version_id="")


def test_observation_that_names_the_landed_version_needs_no_history_and_no_size() -> None:
    assert is_about(replace(NAMED, size_bytes=None), LANDED)
    assert not is_about(replace(NAMED, etag=""), LANDED, ONLY)
    assert not is_about(replace(NAMED, version_id="null"), LANDED, ONLY)


def test_observation_without_a_version_is_about_the_landed_one_if_there_never_was_another() -> None:
    assert is_about(UNNAMED, LANDED, ONLY)
    assert not is_about(UNNAMED, LANDED)


@pytest.mark.parametrize(
    "history",
    [
        replace(ONLY, versions=("v1", "v1")),
        replace(ONLY, versions=("null", "v1")),
        replace(ONLY, versions=("v2",)),
        replace(ONLY, versions=()),
        replace(ONLY, markers=("null",)),
        replace(ONLY, versioning="enabled"),
    ],
)
def test_no_version_is_inferred_if_the_history_shows_anything_else(history: History) -> None:
    assert not is_about(UNNAMED, LANDED, history)


@pytest.mark.parametrize("version_id", ["", "null"])
def test_no_version_is_inferred_if_the_landed_id_is_not_valid(version_id: str) -> None:
    history = replace(ONLY, versions=(version_id,))
    assert not history.has_only(version_id)
    assert not is_about(UNNAMED, replace(LANDED, version_id=version_id), history)


def test_etag_that_is_missing_on_both_sides_is_not_equal() -> None:
    assert not is_about(replace(UNNAMED, etag=""), replace(LANDED, etag=""), ONLY)


def test_empty_object_can_be_inferred_by_its_size() -> None:
    empty = replace(LANDED, size_bytes=0)
    assert is_about(replace(UNNAMED, size_bytes=0), empty, ONLY)
    assert not is_about(replace(UNNAMED, size_bytes=None), empty, ONLY)


def test_evidence_is_sorted_by_the_version_that_it_can_be_about() -> None:
    other_etag, none, other = replace(UNNAMED, etag="e2"), replace(UNNAMED, etag=""), replace(NAMED, version_id="v2")
    bound = bind(LANDED, Evidence((NAMED, UNNAMED, other_etag), (none,)), ONLY)
    assert bound.own == Evidence((NAMED, UNNAMED), ())
    assert (bound.suspected, bound.unplaced) == ((), (other_etag, none))
    assert (bound.is_inferred, bound.has_others) == (True, True)
    bound = bind(LANDED, Evidence((NAMED, UNNAMED, other), (none,)), ONLY)
    assert bound.own == Evidence((NAMED,), ())
    assert (bound.suspected, bound.unplaced) == ((UNNAMED,), (none,))
    assert (bound.is_inferred, bound.has_others) == (False, True)


def test_severe_finding_counts_for_every_version_that_it_can_be_about() -> None:
    assert may_be_about(NAMED, LANDED)
    assert may_be_about(UNNAMED, LANDED)
    assert may_be_about(replace(UNNAMED, etag=""), LANDED)
    assert not may_be_about(replace(UNNAMED, etag="e2"), LANDED)
    assert not may_be_about(replace(NAMED, version_id="v2"), LANDED)


def test_history_is_read_as_it_was_written() -> None:
    history = History("Enabled", ("v2", "v1"), ("m",))
    assert History.from_json(history.to_json()) == history


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"versioning": "Enabled", "versions": ["v1"]},
        {"versioning": "Enabled", "versions": "v1", "markers": []},
        {"versioning": "Enabled", "versions": [1], "markers": []},
        {"versioning": None, "versions": ["v1"], "markers": []},
        {"versioning": "Enabled", "versions": ["v1"], "markers": [], "more": 1},
    ],
)
def test_content_that_is_not_a_history_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="not a history"):
        History.from_json(content)
