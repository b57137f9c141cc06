from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.reports.reviews import read_reviews
from tests.lake import Lake


def put(lake: Lake, name: str, content: Any) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lake.s3.put_object(Bucket=lake.bronze, Key=f"_reviews/synthea/{name}", Body=body)


def read(lake: Lake) -> list[dict[str, Any]]:
    return list(read_reviews(lake.s3, lake.bronze, "synthea").items)


def test_requests_have_the_state_of_their_outcome_and_are_open_without_one(lake: Lake) -> None:
    request = {"asked": "release", "asked_at": "2026-11-29T09:00:00+00:00", "run_folder": "1", "files": [{}, {}]}
    put(lake, "a/request.json", {**request, "files": [{"name": "x.csv"}]})
    put(lake, "a/outcome.json", {"state": "released", "at": "2026-11-29T10:00:00+00:00"})
    put(lake, "b/request.json", request)
    first, second = read(lake)
    assert (first["id"], first["state"], second["id"], second["state"]) == ("a", "released", "b", "open")
    assert (second["action"], second["files"], second["run_folder"]) == ("release", 2, "1")
    assert (first["names"], first["closed_at"], second["closed_at"]) == (["x.csv"], "2026-11-29T10:00:00+00:00", "")
    assert list(read_reviews(lake.s3, lake.bronze, "clinic").items) == []


def test_requests_name_who_has_asked_why_and_whose_answers_count(lake: Lake) -> None:
    put(lake, "a/request.json", {"asked_by": "ann", "reason": "public organisations"})
    put(lake, "a/outcome.json", {"state": "released", "answered_by": ["bob", "cid"]})
    put(lake, "b/request.json", {"asked_by": "a" * 1000, "reason": "r" * 1000})
    put(lake, "b/outcome.json", {"answered_by": ["b" * 1000] * 1000})
    put(lake, "c/request.json", {"asked_by": ["ann"], "reason": 1})
    first, second, third = read(lake)
    people = [(review["asked_by"], review["reason"], review["answered_by"]) for review in (first, third)]
    assert people == [("ann", "public organisations", ["bob", "cid"]), ("", "", [])]
    assert {len(second["asked_by"]), len(second["reason"]), *map(len, second["answered_by"])} == {300}
    assert len(second["answered_by"]) == 5


def test_damaged_documents_are_named_and_stop_nothing(lake: Lake) -> None:
    put(lake, "a/request.json", b"damaged")
    put(lake, "b/request.json", {"asked": 3, "files": "x"})
    put(lake, "c/request.json", {})
    put(lake, "c/outcome.json", {"state": []})
    assert [review["state"] for review in read(lake)] == ["damaged", "open", "open"]


@pytest.mark.parametrize(("most", "kept", "left_out"), [(None, 3, 0), (3, 3, 0), (2, 2, 1), (0, 0, 3)])
def test_requests_beyond_a_limit_are_counted(lake: Lake, most: int | None, kept: int, left_out: int) -> None:
    for name in "abc":
        put(lake, f"{name}/request.json", {"files": []})
    reviews = read_reviews(lake.s3, lake.bronze, "synthea", most)
    assert ([item["id"] for item in reviews.items], reviews.left_out) == (["a", "b", "c"][3 - kept :], left_out)
