from __future__ import annotations

import json
from typing import Any

from lake_gate.reports.reviews import read_reviews
from tests.lake import Lake


def put(lake: Lake, name: str, content: Any) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lake.s3.put_object(Bucket=lake.bronze, Key=f"_reviews/synthea/{name}", Body=body)


def test_requests_have_the_state_of_their_outcome_and_are_open_without_one(lake: Lake) -> None:
    request = {"asked": "release", "asked_at": "2026-11-29T09:00:00+00:00", "run_folder": "1", "files": [{}, {}]}
    put(lake, "b/request.json", request)
    put(lake, "a/request.json", {**request, "asked_at": "2026-11-28T09:00:00+00:00"})
    put(lake, "a/outcome.json", {"state": "released"})
    first, second = read_reviews(lake.s3, lake.bronze, "synthea")
    assert (first["id"], first["state"], second["id"], second["state"]) == ("a", "released", "b", "open")
    assert (second["action"], second["files"], second["run_folder"]) == ("release", 2, "1")
    assert read_reviews(lake.s3, lake.bronze, "clinic") == []


def test_damaged_documents_are_named_and_stop_nothing(lake: Lake) -> None:
    put(lake, "a/request.json", b"damaged")
    put(lake, "b/request.json", {"asked": 3, "files": "x"})
    put(lake, "c/outcome.json", {"state": []})
    assert [review["state"] for review in read_reviews(lake.s3, lake.bronze, "synthea")] == ["damaged", "open", "open"]
