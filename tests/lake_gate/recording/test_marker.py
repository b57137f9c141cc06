"""The marker: what it lists may become withdrawn, and nothing else may change."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from lake_gate.decision.amendments import Withdrawal
from lake_gate.recording.marker import Marker

RUN = {"feed": "synthea", "run_id": "manual__1"}


def entry(name: str, outcome: str = "promote") -> dict[str, Any]:
    now = {"bucket": "silver", "key": f"synthea/1/{name}", "version_id": f"v-{name}", "is_beside_others": False}
    return {"name": name, "outcome": outcome, "size_bytes": 1, "sha256": "00", "now": now}


def withdrawals(*names: str, version: str = "") -> dict[str, Withdrawal]:
    keys = {f"synthea/1/{name}": version or f"v-{name}" for name in names}
    return {key: Withdrawal(key, version_id, "why") for key, version_id in keys.items()}


def marker(*without: str) -> Marker:
    return Marker.of(RUN, [entry("a"), entry("b", "quarantine"), entry("c")], withdrawals(*without))


def keys(listed: Any) -> list[str]:
    return [item["key"][-1] for item in listed]


def test_marker_lists_what_was_promoted() -> None:
    content = json.loads(marker().to_bytes())
    assert keys(content["objects"]) == ["a", "c"]
    assert "withdrawn" not in content


def test_withdrawn_object_is_listed_as_such_only() -> None:
    content = json.loads(marker("a").to_bytes())
    assert keys(content["objects"]) == ["c"]
    assert content["withdrawn"] == [{"key": "synthea/1/a", "version_id": "v-a", "reason": "why"}]


@pytest.mark.parametrize("without", [(), ("a",), ("a", "c")])
def test_marker_is_read_as_it_was_written(without: tuple[str, ...]) -> None:
    assert Marker.parse(marker(*without).to_bytes()) == marker(*without)


def test_order_in_which_objects_are_withdrawn_does_not_count() -> None:
    markers = {
        marker().without(withdrawals(first)).without(withdrawals(second)).to_bytes()
        for first, second in itertools.permutations("ac")
    }
    assert markers == {marker("a", "c").to_bytes()}


def test_marker_made_of_a_record_that_is_amended_is_the_one_that_was_rewritten() -> None:
    amended = Marker.of(RUN, [entry("a", "quarantine"), entry("b", "quarantine"), entry("c")], withdrawals("a"))
    assert amended.to_bytes() == marker("a").to_bytes()


def test_promoted_version_is_withdrawn_even_if_the_marker_does_not_list_it() -> None:
    unknown = {"synthea/1/a": Withdrawal("synthea/1/a", "", "why")}
    assert marker().without(unknown).withdrawn == {("synthea/1/a", "v-a"): "why"}


def test_markers_that_differ_by_withdrawals_alone_are_joined_and_nothing_comes_back() -> None:
    for this, other in itertools.product([marker(), marker("a"), marker("c"), marker("a", "c")], repeat=2):
        both = this.joined(other)
        assert both is not None
        assert set(both.withdrawn) == set(this.withdrawn) | set(other.withdrawn)
        assert both.to_bytes() == other.joined(this).to_bytes()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "other",
    [
        Marker.of(RUN, [entry("a")], {}),
        Marker.of(RUN, [entry("a"), entry("c"), entry("x")], {}),
        Marker.of({**RUN, "run_id": "manual__2"}, [entry("a"), entry("c")], {}),
        Marker.of(RUN, [entry("a"), {**entry("c"), "sha256": "11"}], {}),
        Marker.of(RUN, [entry("a"), entry("x")], {}),
    ],
)
def test_markers_that_differ_otherwise_are_not_joined(other: Marker) -> None:
    assert marker().joined(other) is None
    assert other.joined(marker("a")) is None


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"no json", b'{"objects": 1}', b'{"objects": [{"key": "k"}]}']
)
def test_content_that_is_not_a_marker_is_not_read_as_one(content: bytes) -> None:
    assert Marker.parse(content) is None


def test_marker_of_an_empty_delivery_gives_way_to_that_of_the_delivery_that_came() -> None:
    empty = Marker.of(RUN, [], {})
    assert marker().joined(empty) == marker()
    assert empty.joined(marker()) is None
    assert marker().joined(Marker.of({**RUN, "run_id": "other"}, [], {})) is None
