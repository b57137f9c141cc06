"""Overlay: reading amendments, and writing documents that depend on them."""

from __future__ import annotations

from lake_gate.decision.amendments import Amendment, Amendments
from lake_gate.decision.overlay import read_amendments, write_amended
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.run import AMENDMENTS, MOVED, Run
from tests.builders import decided
from tests.lake import Lake

RUN = Run("synthea", "1")


def amend(lake: Lake, name: str, by: str = "events-1", *, carried_out: bool = True) -> None:
    amendment = Amendment(decided(name, "quarantine"), ["f"], "now", by)
    key = RUN.document(AMENDMENTS + by)
    lake.s3.put_object(Bucket=lake.bronze, Key=f"{key}.jsonl", Body=jsonl.dump([amendment]))
    if carried_out:
        lake.s3.put_object(Bucket=lake.bronze, Key=key + MOVED, Body=jsonl.dump([Moved(name, "q", name, "v")]))


def test_amendments_of_all_runs_of_finding_events_are_read(lake: Lake) -> None:
    amend(lake, "a.csv")
    amend(lake, "b.csv", "events-2", carried_out=False)
    found = read_amendments(lake.s3, lake.bronze, RUN)
    assert (set(found.made), set(found.done)) == ({"a.csv", "b.csv"}, {"a.csv"})
    assert read_amendments(lake.s3, lake.bronze, Run("synthea", "2")) == Amendments()


def test_documents_are_written_again_if_an_amendment_is_added_meanwhile(lake: Lake) -> None:
    written: list[set[str]] = []

    def write(amendments: Amendments) -> None:
        written.append(set(amendments.made))
        if len(written) == 1:
            amend(lake, "a.csv")

    write_amended(lake.s3, lake.bronze, RUN, write)
    assert written == [set(), {"a.csv"}]
