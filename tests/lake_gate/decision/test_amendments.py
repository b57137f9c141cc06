"""Amendments: stricter decisions that replace the first ones in the record; never looser."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from lake_gate.decision.amendments import Amendment, Amendments, Purge, is_stricter, merged
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.recording.record import iter_entries
from tests.builders import decided, landed


def amendment(name: str = "a.csv", outcome: str = "quarantine", by: str = "events-1", silver: str = "s1") -> Amendment:
    decision = decided(name, outcome, reason="findings_at_or_above_threshold", severity="High")
    return Amendment(decision, ["f1"], "2026-11-25T10:00:00+00:00", by, silver)


def moved(name: str = "a.csv", bucket: str = "quarantine") -> Moved:
    return Moved(name, bucket, f"synthea/1/{name}", "v9")


def entries(amendments: Amendments) -> list[dict[str, Any]]:
    names = ["a.csv", "b.csv"]
    places = [Moved(name, "silver", f"synthea/1/{name}", "s1") for name in names]
    return list(amendments.apply_to(iter_entries(map(landed, names), map(decided, names), places, dry_run=False)))


@pytest.mark.parametrize(
    ("outcome", "than", "stricter"),
    [
        ("quarantine", "hold", True),
        ("hold", "promote", True),
        ("quarantine", "promote", True),
        ("hold", "quarantine", False),
        ("promote", "hold", False),
        ("hold", "hold", False),
        ("promote", None, True),
    ],
)
def test_quarantine_is_stricter_than_hold_and_hold_than_promote(outcome: str, than: str | None, stricter: bool) -> None:
    assert is_stricter(outcome, than) is stricter


def test_amendment_is_read_as_it_was_written() -> None:
    assert Amendment.from_json(json.loads(jsonl.dump_line(amendment()))) == amendment()


def test_record_shows_an_amendment_that_is_carried_out() -> None:
    amendments = Amendments()
    amendments.add([amendment()], [moved()])
    first, second = entries(amendments)
    assert (first["outcome"], first["severity"], first["now"]["bucket"]) == ("quarantine", "High", "quarantine")
    assert first["amended"] == {
        "was": "promote",
        "findings": ["f1"],
        "by": "events-1",
        "decided_at": "2026-11-25T10:00:00+00:00",
    }
    assert (second["outcome"], "amended" in second) == ("promote", False)


def test_amendment_that_is_not_carried_out_yet_is_withdrawn_from_the_marker_only() -> None:
    amendments = Amendments()
    amendments.add([amendment()], [])
    assert entries(amendments)[0]["outcome"] == "promote"
    (withdrawal,) = amendments.withdrawals().values()
    assert (withdrawal.key, withdrawal.version_id) == ("synthea/1/a.csv", "s1")


def test_strictest_amendment_counts_in_every_order_of_reading() -> None:
    held, quarantined = amendment(outcome="hold"), amendment(by="events-2", silver="")
    for order in itertools.permutations([(held, [moved(bucket="bronze")]), (quarantined, [moved()])]):
        amendments = Amendments()
        for added, places in order:
            amendments.add([added], places)
        assert entries(amendments)[0]["now"]["bucket"] == "quarantine"
        assert [kept.decision.outcome for kept in merged([order[0][0]], [order[1][0]])] == ["quarantine"]


def test_record_shows_the_earlier_amendment_until_the_stricter_one_is_carried_out() -> None:
    amendments = Amendments()
    amendments.add([amendment(outcome="hold")], [moved(bucket="bronze")])
    amendments.add([amendment(by="events-2")], [])
    assert entries(amendments)[0]["outcome"] == "hold"
    assert amendments.made["a.csv"].decision.outcome == "quarantine"


def test_first_of_two_equally_strict_amendments_is_kept() -> None:
    (kept,) = merged([amendment()], [amendment(by="events-2")])
    assert kept.by == "events-1"


def test_record_shows_a_purge_of_the_version_that_it_names() -> None:
    amendments = Amendments()
    before = entries(amendments)
    name, version_id = before[0]["name"], before[0]["now"]["version_id"]
    amendments.purges[name] = Purge(name, version_id, "2026-12-31T00:00:00+00:00", "review-1")
    purged = {"at": "2026-12-31T00:00:00+00:00", "by": "review-1"}
    assert entries(amendments) == [{**before[0], "purged": purged}, *before[1:]]
    amendments.purges[name] = Purge(name, "another", "2026-12-31T00:00:00+00:00", "review-1")
    assert entries(amendments) == before


GOOD = json.loads(jsonl.dump_line(amendment()))


@pytest.mark.parametrize(
    "wrong",
    [
        *(None, [], {}, {**GOOD, "more": 1}, {**GOOD, "decision": None}, {**GOOD, "findings": [1]}),
        {**GOOD, "decision": {**GOOD["decision"], "outcome": "deleted"}},
        {**GOOD, "decision": {**GOOD["decision"], "size_bytes": "1"}},
    ],
)
def test_content_that_is_not_an_amendment_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"^not an? "):
        Amendment.from_json(wrong)
