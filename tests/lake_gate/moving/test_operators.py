"""Moving, by its operator: what is finished and not touched again, and what begins meanwhile."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from botocore.exceptions import ClientError

from lake_gate.decision.amendments import Amendment
from lake_gate.errors import AwsError, DamagedDocumentError, DecisionsStandError, SourceVersionGoneError
from lake_gate.model import jsonl
from lake_gate.model.names import ALARM, map_index_name
from lake_gate.model.run import ledger
from lake_gate.moving import chunks, transfer
from lake_gate.moving.operators import MoveOperator
from lake_gate.moving.sealed import sealed_checksum
from lake_gate.moving.tags import SEAL_TAG
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.meanwhile import Answering, Dying, Meanwhile
from tests.lake_gate.steps import CONTEXT, RUN, decide, gate, landed_with_medium, move, raiser, write


def test_decisions_stand_even_when_the_first_move_died(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]

    monkeypatch.setattr(chunks, "try_all", raiser(ConnectionError))
    with pytest.raises(ConnectionError):
        gate(lake, MoveOperator, outcome="promote", chunk=chunk).step(CONTEXT)
    with pytest.raises(DecisionsStandError):
        decide(lake, "Medium")


def test_chunk_that_is_done_is_not_touched_again(lake: Lake) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    assert move(lake, "promote", chunk) == 1
    lake.s3.delete_object(Bucket=lake.silver, Key="synthea/1/a.csv")
    assert move(lake, "promote", chunk) == 1
    assert lake.keys(lake.silver) == []


def test_chunk_that_was_left_half_done_is_finished(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    with monkeypatch.context() as broken:
        broken.setattr(transfer, "try_delete", raiser(ConnectionError))
        with pytest.raises(ConnectionError):
            move(lake, "quarantine", chunk)
    assert (len(lake.keys(lake.quarantine)), len(lake.keys(lake.bronze))) == (1, 1)
    assert move(lake, "quarantine", chunk) == 1
    assert (len(lake.keys(lake.quarantine)), len(lake.keys(lake.bronze))) == (1, 0)
    assert len(lake.versions(lake.quarantine, "synthea/1/a.csv")) == 1


def test_what_comes_after_a_window_that_fails_is_moved_all_the_same(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_OBJECTS", 2)
    objects = [lake.put(lake.bronze, f"synthea/1/{n}.csv", b"x") for n in range(6)]
    lake.s3.delete_object(Bucket=lake.bronze, Key=objects[0].key, VersionId=objects[0].version_id)
    content = jsonl.dump([decided(item, "hold") for item in objects])
    write(lake, "plan.json", json.dumps({"decisions": write(lake, "decisions.jsonl", content)}).encode())
    with pytest.raises(SourceVersionGoneError):
        move(lake, "hold", [0, len(content)])
    assert lake.keys(lake.bronze) == [f"held/synthea/1/{n}.csv" for n in range(1, 6)]


def test_window_whose_places_cannot_be_listed_keeps_no_other_from_its_move(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_OBJECTS", 2)
    objects = [lake.put(lake.bronze, f"synthea/1/{n}.csv", b"x") for n in range(4)]
    content = jsonl.dump([decided(item, "hold") for item in objects])
    write(lake, "plan.json", json.dumps({"decisions": write(lake, "decisions.jsonl", content)}).encode())
    operator = gate(lake, MoveOperator, outcome="hold", chunk=[0, len(content)])
    operator.s3 = Answering("ListObjectVersions", "SlowDown", 1)
    with pytest.raises(AwsError, match="SlowDown"):
        operator.step(CONTEXT)
    held, landed = [f"held/{item.key}" for item in objects], [item.key for item in objects]
    assert lake.keys(lake.bronze) == [*held[2:], *landed[:2]]
    assert move(lake, "hold", [0, len(content)]) == 4
    assert lake.keys(lake.bronze) == held


def test_chunk_of_which_everything_was_withdrawn_moves_nothing_and_is_done(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    withdrawn = Amendment(decided(landed, "quarantine"), ["f"], "2026-11-25T00:00:00+00:00", "events", "")
    write(lake, "amendments/events.jsonl", jsonl.dump([withdrawn]))
    assert move(lake, "promote", chunk) == 0
    assert lake.keys(lake.silver) == []


def test_move_does_not_begin_when_the_run_is_decided_again_in_the_same_moment(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    client = boto3.client("s3")
    acts = [lambda: decide(lake, "Medium")]

    def meanwhile(**_: object) -> None:
        if acts:
            acts.pop()()

    client.meta.events.register("before-call.s3.PutObject", meanwhile)
    monkeypatch.setattr(MoveOperator, "s3", client)
    with pytest.raises(DecisionsStandError):
        move(lake, "promote", chunk)
    assert lake.keys(lake.silver) == []


@pytest.mark.parametrize("name", ["n" * 700, "lake_gate alarm: failed.csv", "line\nbreak.csv"])
def test_name_of_the_mapped_task_is_short_and_safe_to_log_whatever_the_first_file_is_called(
    lake: Lake, name: str
) -> None:
    landed = replace(lake.put(lake.bronze, "synthea/1/a.csv", b"x"), name=name)
    content = jsonl.dump([decided(landed, "hold")])
    write(lake, "plan.json", json.dumps({"decisions": write(lake, "decisions.jsonl", content)}).encode())
    context = dict(CONTEXT)
    gate(lake, MoveOperator, outcome="hold", chunk=[0, len(content)]).step(context)
    assert context["moved"] == map_index_name(f"1 from {name}")
    assert len(context["moved"]) <= 250
    assert ALARM not in context["moved"]


def test_twin_that_seals_a_copy_in_the_moment_before_it_is_removed_leaves_a_ledger_of_what_is_there(lake: Lake) -> None:
    """A task that was given up for dead goes on between its copy and the seal, while the next try cleans up."""
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    has_copied, may_seal, over = threading.Event(), threading.Event(), threading.Event()
    zombie_s3, s3 = boto3.client("s3"), boto3.client("s3")

    def stop(**_: object) -> None:
        has_copied.set()
        assert may_seal.wait(30)

    def let_the_zombie_finish(**_: object) -> None:
        may_seal.set()
        assert over.wait(30)

    def be_the_zombie() -> int:
        try:
            return by(lake, chunk, zombie_s3)
        finally:
            over.set()

    zombie_s3.meta.events.register("before-call.s3.PutObjectTagging", stop)
    s3.meta.events.register("before-call.s3.DeleteObject", let_the_zombie_finish)
    with ThreadPoolExecutor(1) as pool:
        zombie = pool.submit(be_the_zombie)
        assert has_copied.wait(30)
        assert by(lake, chunk, s3) == 1
        assert zombie.result() == 1
    assert over.is_set()
    (written,) = lake.lines(RUN.document(ledger("quarantine", 0)))
    assert written["version_id"] in lake.versions(lake.quarantine, landed.key)
    place = lake.quarantine, landed.key, written["version_id"]
    assert sealed_checksum(lake.s3, *place) == landed.checksum
    assert lake.read(*place) == b"content"
    assert lake.versions(lake.bronze, landed.key) == []


def by(lake: Lake, chunk: list[int], s3: Any) -> int:
    operator = gate(lake, MoveOperator, outcome="quarantine", chunk=chunk)
    operator.s3 = s3
    moved: int = operator.step({"run_id": "1"})
    return moved


def test_unverified_copy_that_a_crash_has_left_goes_once_the_ledger_is_written(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    with pytest.raises(ConnectionError):
        by(lake, chunk, Dying("CopyObject"))
    with pytest.raises(ConnectionError):
        by(lake, chunk, Dying("DeleteObjects"))
    assert len(lake.versions(lake.quarantine, landed.key)) == 2
    assert by(lake, chunk, lake.s3) == 1
    (written,) = lake.lines(RUN.document(ledger("quarantine", 0)))
    assert lake.versions(lake.quarantine, landed.key) == [written["version_id"]]


def test_unverified_copy_goes_even_when_the_task_died_right_after_its_ledger(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    with pytest.raises(ConnectionError):
        by(lake, chunk, Dying("CopyObject"))
    s3 = Answering("DeleteObject", "SlowDown")
    with pytest.raises(ClientError, match="SlowDown"):
        by(lake, chunk, s3)
    (written,) = lake.lines(RUN.document(ledger("quarantine", 0)))
    assert len(lake.versions(lake.quarantine, landed.key)) == 2
    s3.left = 0
    assert by(lake, chunk, s3) == 1
    assert lake.versions(lake.quarantine, landed.key) == [written["version_id"]]


def test_copy_that_another_attempt_sealed_at_the_same_time_goes_once_the_ledger_names_the_one_that_counts(
    lake: Lake,
) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]

    def twin() -> None:
        with pytest.raises(ConnectionError):
            by(lake, chunk, Dying("DeleteObjects"))

    assert by(lake, chunk, Meanwhile("PutObjectTagging", twin)) == 1
    (written,) = lake.lines(RUN.document(ledger("quarantine", 0)))
    assert lake.versions(lake.quarantine, landed.key) == [written["version_id"]]
    assert lake.read(lake.quarantine, landed.key, written["version_id"]) == b"content"
    assert lake.versions(lake.bronze, landed.key) == []


def test_sealed_copies_of_other_bytes_or_of_another_run_stay(lake: Lake) -> None:
    landed = landed_with_medium(lake)
    (chunk,) = decide(lake, "Medium")["quarantine"]
    assert by(lake, chunk, lake.s3) == 1
    (written,) = lake.lines(RUN.document(ledger("quarantine", 0)))
    tags = lake.s3.get_object_tagging(Bucket=lake.quarantine, Key=landed.key)["TagSet"]
    for name, value in (("run", "another"), (SEAL_TAG, "another")):
        changed = urlencode({tag["Key"]: tag["Value"] for tag in tags} | {name: value})
        lake.s3.put_object(Bucket=lake.quarantine, Key=landed.key, Body=b"x", Tagging=changed)
    before = lake.versions(lake.quarantine, landed.key)
    assert by(lake, chunk, lake.s3) == 1
    assert lake.versions(lake.quarantine, landed.key) == before
    assert written["version_id"] in before


def test_decision_of_another_outcome_than_its_chunk_is_not_carried_out(lake: Lake) -> None:
    landed_with_medium(lake)
    (chunk,) = decide(lake)["promote"]
    with pytest.raises(
        DamagedDocumentError,
        match=r"decisions\.jsonl is damaged: line 1: the outcome of the decision differs from that of its chunk",
    ):
        move(lake, "quarantine", chunk)
    assert lake.keys(lake.bronze) == ["synthea/1/a.csv"]
