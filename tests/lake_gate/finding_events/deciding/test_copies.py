"""Masked copies in silver: findings about them, and their withdrawal with their originals."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest

from lake_gate.finding_events.action import Action, Status
from lake_gate.finding_events.deciding.copies import hold_rest, is_copy, withdraw
from lake_gate.finding_events.deciding.lake import Lake as At
from lake_gate.finding_events.deciding.result import Result
from lake_gate.finding_events.withdrawing import Withdrawing
from lake_gate.model.run import Run
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.finding_events.world import POLICY, Gate
from tests.snapshot import SetUpOnce

RUN = Run("synthea", "1")


@pytest.fixture
def masked(lake: Lake, once: SetUpOnce) -> Gate:
    """A masked run whose only copy was promoted; its original is in quarantine."""

    def set_up() -> Gate:
        original = Gate(lake, {"a.csv": "mask"}, {"a.csv": b"original"}).land().decide()
        original.step_chunk("quarantine", [*original.chunks["mask"][0], "originals"])
        copies = Gate(lake, {"a.csv": "promote"}, {"a.csv": b"masked"}, run=RUN.masked).land().decide()
        original.step_chunk("promote", [*copies.chunks["promote"][0], "copies"])
        return copies

    return once(set_up)


def at(lake: Lake) -> At:
    return At(lake.s3, lake.bronze, lake.silver, datetime.now(UTC))


def stricter(masked: Gate) -> Result:
    """Return the result of deciding that the original is quarantined."""
    original = replace(decided(masked.objects["a.csv"], "quarantine"), key="synthea/1/a.csv", sha256="00" * 32)
    move = Action(original.bucket, original.key, "v", {"f": "High"}, Status.MOVE, "why", "synthea", "1", "mask")
    return Result([replace(move, decision=asdict(original))])


def test_key_in_silver_is_of_a_copy_only_if_the_run_has_made_it(lake: Lake, masked: Gate) -> None:
    assert masked.objects
    assert is_copy(at(lake), RUN, "synthea/1/a.csv", {})
    assert not is_copy(at(lake), RUN, "synthea/1/b.csv", {})
    assert not is_copy(at(lake), Run("synthea", "2"), "synthea/2/a.csv", {})


def test_copy_leaves_silver_with_a_stricter_decision_about_its_original(lake: Lake, masked: Gate) -> None:
    (action,) = withdraw(at(lake), RUN, stricter(masked), None)
    assert (action.folder, action.was, action.because) == ("1/masked", "promote", ["f"])
    withdrawing = Withdrawing(lake.s3, lake.settings, Run("finding_events", "e"), "2026-01-01T00:00:00+00:00")
    (done,) = withdrawing.withdraw(RUN.masked, [action])
    assert done.moved
    assert lake.keys(lake.silver) == []
    assert lake.keys(lake.quarantine) == ["masked/synthea/1/a.csv", "synthea/1/a.csv"]
    assert lake.keys(lake.bronze) == []


def test_copy_that_is_moved_already_is_left_out(lake: Lake, masked: Gate) -> None:
    result = stricter(masked)
    (action,) = withdraw(at(lake), RUN, result, None)
    assert withdraw(at(lake), RUN, result, Result([action])) == []


def test_nothing_is_withdrawn_without_a_stricter_decision(lake: Lake, masked: Gate) -> None:
    (move,) = stricter(masked).actions
    stands = replace(move, status=Status.STANDS, decision=None)
    assert withdraw(at(lake), RUN, Result([stands]), None) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [("plan.json", b"x"), ("plan.json", b'{"chunks": {"promote": [[0, 9]]}}'), ("amendments/e.jsonl", b"x")],
)
def test_copy_leaves_silver_although_a_document_of_its_run_is_damaged(
    lake: Lake, masked: Gate, name: str, content: bytes
) -> None:
    masked.write(name, content)
    (action,) = withdraw(at(lake), RUN, stricter(masked), None)
    assert (action.status, action.silver_version_id) == ("move", "")
    withdrawing = Withdrawing(lake.s3, lake.settings, Run("finding_events", "f"), "2026-01-01T00:00:00+00:00")
    (done,) = withdrawing.withdraw(RUN.masked, [action])
    assert done.moved
    assert lake.keys(lake.silver) == []


@pytest.mark.parametrize(("promotion", "names"), [("all or nothing", ["b.csv"]), ("each by itself", [])])
def test_promoted_object_of_an_all_or_nothing_run_leaves_silver_with_a_copy(
    lake: Lake, promotion: str, names: list[str]
) -> None:
    policy = {**POLICY, "promotion": promotion}
    gate = Gate(lake, {"a.csv": "mask", "b.csv": "promote"}, policy=policy).land().decide()
    gate.step_chunk("promote", gate.chunks["promote"][0])
    copies = Gate(lake, {"a.csv": "promote"}, {"a.csv": b"masked"}, run=RUN.masked, policy=policy).land().decide()
    gate.step_chunk("promote", [*copies.chunks["promote"][0], "copies"])
    quarantined = decided(copies.objects["a.csv"], "quarantine")
    move = Action(quarantined.bucket, quarantined.key, "v", {"f": "High"}, Status.MOVE, "why", "synthea", "1/masked")
    of_copies = Result([replace(move, was="promote", decision=asdict(quarantined))])
    actions = hold_rest(at(lake), RUN.masked, of_copies, Result())
    assert [action.stricter_decision.name for action in actions] == names
    assert {(action.stricter_decision.reason, *action.because) for action in actions} <= {("run_not_promotable", "f")}
    assert hold_rest(at(lake), RUN.masked, of_copies, Result(actions)) == []
    assert hold_rest(at(lake), RUN.masked, Result([replace(move, status=Status.STANDS)]), Result()) == []
    withdrawing = Withdrawing(lake.s3, lake.settings, Run("finding_events", "e"), "2026-01-01T00:00:00+00:00")
    assert all(done.moved for done in withdrawing.withdraw(RUN, actions))
    assert ("synthea/1/b.csv" in lake.keys(lake.silver)) == (not names)


def test_damaged_list_of_copies_stops_no_other_run(lake: Lake, masked: Gate) -> None:
    masked.write("manifest.jsonl", b"x")
    (action,) = withdraw(at(lake), RUN, stricter(masked), None)
    assert (action.status, action.why, action.because) == ("failed", "damaged_masked_manifest.jsonl", ["f"])
    assert (action.folder, action.damaged) == ("1/masked", "masked/manifest.jsonl")
    assert is_copy(at(lake), RUN, "synthea/1/a.csv", {})
