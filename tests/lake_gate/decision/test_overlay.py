"""What depends on amendments, and on what others write meanwhile."""

from __future__ import annotations

import pytest

from lake_gate.decision.amendments import Amendment, Amendments
from lake_gate.decision.overlay import read_amendments, write_amended
from lake_gate.errors import GateError
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.run import AMENDMENTS, MOVED, Run
from lake_gate.s3.documents import update_document
from tests.builders import decided
from tests.lake import Lake
from tests.lake_gate.meanwhile import Answering, Meanwhile

RUN = Run("synthea", "1")


def amend(lake: Lake, name: str, by: str = "events-1", *, carried_out: bool = True) -> None:
    one = Amendment(decided(name, "quarantine"), ["f"], "now", by)
    key = RUN.document(AMENDMENTS + by)
    lake.s3.put_object(Bucket=lake.bronze, Key=f"{key}.jsonl", Body=jsonl.dump([one]))
    if carried_out:
        lake.s3.put_object(Bucket=lake.bronze, Key=key + MOVED, Body=jsonl.dump([Moved(name, "q", name, "v")]))


def test_amendments_of_all_runs_of_finding_events_are_read(lake: Lake) -> None:
    amend(lake, "a.csv")
    amend(lake, "b.csv", "events-2", carried_out=False)
    found = read_amendments(lake.s3, lake.bronze, RUN)
    assert (set(found.made), set(found.done)) == ({"a.csv", "b.csv"}, {"a.csv"})
    assert read_amendments(lake.s3, lake.bronze, Run("synthea", "2")) == Amendments()


def test_what_depends_on_amendments_is_written_again_when_one_comes_meanwhile(lake: Lake) -> None:
    written: list[set[str]] = []

    def write(amendments: Amendments) -> None:
        written.append(set(amendments.made))
        if len(written) == 1:
            amend(lake, "a.csv")

    write_amended(lake.s3, lake.bronze, RUN, write)
    assert written == [set(), {"a.csv"}]


def added(line: bytes) -> object:
    return lambda there: (there or b"") + line


def test_of_two_who_change_a_document_at_once_neither_loses_the_others_change(lake: Lake) -> None:
    for first in ("", "before "):
        key = f"d{len(first)}"
        if first:
            lake.put(lake.bronze, key, first.encode())

        def other(key: str = key) -> None:
            update_document(lake.s3, lake.bronze, key, added(b"other "))

        s3 = Meanwhile("PutObject", other)
        update_document(s3, lake.bronze, key, added(b"mine"))
        assert lake.read(lake.bronze, key) == f"{first}other mine".encode()


def test_document_that_does_not_change_is_not_written(lake: Lake) -> None:
    lake.put(lake.bronze, "d", b"same")
    update_document(lake.s3, lake.bronze, "d", lambda there: there or b"")
    assert len(lake.versions(lake.bronze, "d")) == 1


def test_document_that_others_change_all_the_time_is_an_error(lake: Lake) -> None:
    def change(there: bytes | None) -> bytes:
        lake.put(lake.bronze, "d", (there or b"") + b"x")
        return b"mine"

    with pytest.raises(GateError, match="changed by others"):
        update_document(lake.s3, lake.bronze, "d", change)


@pytest.mark.usefixtures("no_waits")
def test_document_is_changed_though_another_write_to_it_was_in_flight(lake: Lake) -> None:
    lake.put(lake.bronze, "d", b"before ")
    update_document(Answering("PutObject", "ConditionalRequestConflict", 2), lake.bronze, "d", added(b"mine"))  # type: ignore[arg-type]
    assert lake.read(lake.bronze, "d") == b"before mine"


def test_document_that_is_deleted_while_it_is_changed_is_made_again(lake: Lake) -> None:
    there = lake.put(lake.bronze, "d", b"before ")
    delete = {"Bucket": lake.bronze, "Key": "d", "VersionId": there.version_id}
    s3 = Meanwhile("PutObject", lambda: lake.s3.delete_object(**delete))
    update_document(s3, lake.bronze, "d", added(b"mine"))
    assert lake.read(lake.bronze, "d") == b"mine"
