"""Where a run of ``finding_events`` keeps what it writes down, and which run has landed an object. Pure."""

from __future__ import annotations

from lake_gate.run import HELD_PREFIX, Run
from lake_gate.scan.verdict import PREFIX as VERDICTS

FEED = "finding_events"
"""What stands in the place of a feed in the keys of what it writes down."""
WATERMARK = f"_runs/{FEED}/watermark.json"
TAKEN = "taken.json"
"""What a run begins from: the watermark, and the messages that have triggered it."""
IDS = "ids.txt"
FINDINGS = "findings.jsonl"
"""What is kept of the findings that Macie has listed: see :mod:`lake_gate.judging.kept`."""
LOOKED = "looked.json"
"""Which of them were looked at."""
ACTIONS = "actions.jsonl"
_MOVES = "moves/"
_DOCUMENTS = ("_runs/", VERDICTS)


def is_document(key: str) -> bool:
    """Whether the gate itself has written it: never to be moved."""
    return key.startswith(_DOCUMENTS)


def landed_key(key: str, *, in_bronze: bool) -> str:
    """Return the key under which an object was landed: the same in every bucket, but for ``held/`` in bronze."""
    return key.removeprefix(HELD_PREFIX) if in_bronze else key


def run_of(key: str) -> Run | None:
    """Return the run that may have landed an object, by the key under which it was landed; None when no run can.

    Its run id is the folder: the only part of it that the key has, and all that its places depend on.
    """
    feed, _, rest = key.partition("/")
    folder, _, name = rest.partition("/")
    if not (feed and folder and name):
        return None
    try:
        return Run.of_folder(feed, folder)
    except ValueError:
        return None


def ledger(start: int) -> str:
    """Return the name of the document that says where the objects of a chunk are."""
    return f"{_MOVES}{start}.jsonl"
