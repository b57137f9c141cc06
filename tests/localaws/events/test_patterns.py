"""Event patterns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localaws.events.patterns import EventPattern

FINDING: Any = {
    "source": "aws.macie",
    "detail-type": "Macie Finding",
    "detail": {
        "archived": False,
        "count": 1,
        "severity": {"description": "High", "score": 3},
        "classificationDetails": {
            "result": {
                "customDataIdentifiers": {"detections": [{"name": "Shoe size", "count": 3}, {"name": "US Passport"}]},
                "sensitiveData": [],
            }
        },
        "tags": ["a", "b"],
    },
}


def _detections(**wanted: list[Any]) -> dict[str, Any]:
    return {"detail": {"classificationDetails": {"result": {"customDataIdentifiers": {"detections": wanted}}}}}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"source": ["aws.macie"], "detail-type": ["Macie Finding"]}, True),
        ({"source": ["aws.macie"], "detail-type": ["Macie Event"]}, False),
        ({"detail": {"severity": {"description": ["High"]}}}, True),
        ({"detail": {"severity": {"description": ["Low", "Medium"]}}}, False),
        ({"detail": {"severity": {"description": ["Low", "Medium", "High"]}}}, True),
        (_detections(name=["Patient ID", "US Passport", "US Driver License"]), True),
        (_detections(name=["Patient ID"]), False),
        (_detections(name=["Shoe size"], count=[3]), True),
        (_detections(name=["US Passport"], count=[3]), False),
        (_detections(name=[{"prefix": "US "}]), True),
        (_detections(name=[{"anything-but": ["Shoe size", "US Passport"]}]), False),
        ({"detail": {"classificationDetails": {"result": {"sensitiveData": {"category": ["X"]}}}}}, False),
        ({"detail": {"tags": ["b", "c"]}}, True),
        ({"detail": {"tags": ["c"]}}, False),
        ({"detail": {"count": [{"numeric": [">", 0, "<=", 1]}]}}, True),
        ({"detail": {"count": [{"numeric": [">", 1]}]}}, False),
        ({"detail": {"count": [True]}}, False),
        ({"detail": {"archived": [False]}}, True),
        ({"detail": {"archived": [0]}}, False),
        ({"detail": {"severity": {"description": [{"anything-but": "Low"}]}}}, True),
        ({"detail": {"severity": {"description": [{"anything-but": {"prefix": "H"}}]}}}, False),
        ({"detail": {"severity": {"description": [{"equals-ignore-case": "HIGH"}]}}}, True),
        ({"detail": {"severity": {"description": [{"suffix": "gh"}]}}}, True),
        ({"detail": {"severity": {"description": [{"wildcard": "H*h"}]}}}, True),
        ({"detail": {"severity": {"description": [{"exists": True}]}}}, True),
        ({"detail": {"severity": {"color": [{"exists": True}]}}}, False),
        ({"detail": {"severity": {"color": [{"exists": False}]}}}, True),
        ({"detail": {"owner": {"name": [{"exists": False}]}}}, True),
        ({"detail": {"owner": {"name": [None]}}}, False),
        ({"detail": {"$or": [{"count": [7]}, {"severity": {"score": [3]}}]}}, True),
        ({"detail": {"$or": [{"count": [7]}, {"severity": {"score": [1]}}]}}, False),
    ],
    ids=str,
)
def test_a_pattern_matches_what_it_names(pattern: dict[str, Any], matches: bool) -> None:
    assert EventPattern.load(json.dumps(pattern)).matches_event(FINDING) is matches
