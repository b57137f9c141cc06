"""The places of a run in the buckets, and the names of all its documents."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

# The documents of a run, in the order in which its steps write them.
RUN = "run.json"
"""What the run is, written once when it begins: run id, source, whether it is a dry run."""
REPROCESSED = "reprocessed.jsonl"
"""The held objects that the run takes, by version; only when its source is ``held://``."""
MANIFEST = "manifest.jsonl"
"""The landed objects, one a line."""
REUSED = "reused.jsonl"
"""The objects that the job leaves out, each with the verdict that stands in for its scan."""
JOB = "job.json"
"""Macie's description of the run's job. Not written when verdicts cover all objects."""
RESULTS, FINDINGS = "results.jsonl.gz", "findings.jsonl"
"""What is kept of Macie's discovery results and findings: see :mod:`lake_gate.model.kept`."""
HISTORIES = "histories.jsonl"
"""The versions of each key for which Macie named no version, as S3 listed them when the evidence was gathered."""
FOUND = "found.jsonl"
"""What was known of the landed bytes when the run decided, a line for each SHA-256."""
DECISIONS = "decisions.jsonl"
"""One decision per landed object, grouped by outcome."""
PLAN = "plan.json"
"""What the decisions rest on (policy, job, versions of the evidence), and their chunks."""
MOVES = "moves/"
"""The ledger: for each chunk one document when its moves begin, and one when all are done."""
BEGUN = ".begun"
"""Suffix of the first of these two."""
OBJECTS = "objects.jsonl"
"""The record's entries: what happened to each landed object."""
RECORD = "record.json"
"""The record: totals, rules, job, links."""
RELEASED = "released.jsonl"
"""The held copies that the run has deleted, because its own objects replaced them."""
NOTIFIED = "notified/"
"""A receipt for each message that was published."""
AMENDMENTS = "amendments/"
"""For each run of ``finding_events`` the stricter decisions that it made, and their moves."""
MOVED = ".moved.jsonl"
"""Suffix of the second of these."""

# Documents of runs of other DAGs: ``finding_events`` and ``held_objects``.
TAKEN = "taken.json"
"""What a run of ``finding_events`` begins from: the watermark, and the messages that triggered it."""
IDS = "ids.txt"
"""The ids of the findings that Macie listed for it."""
LOOKED = "looked.json"
"""Which of them were retrieved."""
ACTIONS = "actions.jsonl"
"""What it decided to do, one action a line."""
HELD = "held.jsonl"
"""The backlog that ``held_objects`` reported."""

_NAMES = (
    *(RUN, REPROCESSED, MANIFEST, REUSED, JOB, RESULTS, FINDINGS, HISTORIES, FOUND, DECISIONS, PLAN, OBJECTS, RECORD),
    *(RELEASED, TAKEN, IDS, LOOKED, ACTIONS, HELD),
)
_DOCUMENT = re.compile(
    rf"{'|'.join(map(re.escape, _NAMES))}|{MOVES}([a-z]+-)?[0-9]+\.jsonl({re.escape(BEGUN)})?"
    rf"|{AMENDMENTS}[A-Za-z0-9._-]+\.jsonl|{NOTIFIED}(findings/)?[^/]+\.json"
)

HELD_PREFIX = "held/"
"""Held objects stay in bronze under this prefix."""

FEED_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What the name of a feed looks like; anything else in its place in a key was put there by another writer."""
_FOLDER = re.compile(r"[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+|^\.+$")
_TAKEN = re.compile(r".*-[0-9a-f]{8}|.*\.(json|jsonl|gz|txt|moved|begun)|[._].*", re.DOTALL)
"""What an id that is its own folder must not look like: a folder with a hash, or a document of the gate."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one feed, and its places in the bronze bucket.

    :param feed: name of the feed, the first part of every key (``synthea``).
    :param run_id: Airflow's run id, as it is; the folder where only that is known, see :meth:`of_folder`.
    :param known_folder: the folder, where the run id would not lead to it; empty otherwise.
    """

    feed: str
    run_id: str
    known_folder: str = ""

    @classmethod
    def of_folder(cls, feed: str, folder: str) -> Run:
        """Return the run of a folder, as it stands in a key: its places depend on nothing else.

        :raises ValueError: when feed or folder do not look like those of a run.
        """
        if not FEED_NAME.fullmatch(feed) or not _FOLDER.fullmatch(folder):
            raise ValueError("not the feed and the folder of a run")
        run = cls(feed, folder)
        return run if run.folder == folder else cls(feed, folder, folder)

    @property
    def folder(self) -> str:
        """The run id as one part of an S3 key; a changed id carries a hash.

        An id that looks like a folder with a hash gets one of its own, so two ids do not share a folder. (Eight digits
        can be made to collide on purpose: the run's own document refuses the second id, see ``RUN`` in base.py.)
        """
        if self.known_folder:
            return self.known_folder
        name = _UNSAFE.sub("-", self.run_id)
        if name == self.run_id and not _TAKEN.fullmatch(name):
            return name
        return f"{name}-{hashlib.sha256(self.run_id.encode()).hexdigest()[:8]}"

    @property
    def prefix(self) -> str:
        """Key prefix of the landed objects: what the classification job is scoped to."""
        return f"{self.feed}/{self.folder}/"

    @property
    def documents(self) -> str:
        """Key prefix of what the run writes down; outside ``prefix``, so that no job ever scans it."""
        return f"_runs/{self.prefix}"

    @property
    def marker(self) -> str:
        """Key of the run's marker in silver: what readers trust the run by."""
        return f"_runs/{self.feed}/{self.folder}.json"

    def document(self, name: str) -> str:
        """Key of one of the run's documents: ``manifest.jsonl``, ``decisions.jsonl``, ``record.json`` …"""
        return self.documents + name


def ledger(outcome: str, start: int) -> str:
    """Return the name of the document that lists where the objects of a chunk are.

    :param outcome: of the chunk; empty in a run of ``finding_events``, whose chunks have several.
    """
    return f"{MOVES}{outcome}-{start}.jsonl" if outcome else f"{MOVES}{start}.jsonl"


def is_document_name(name: str) -> bool:
    """Return whether the gate writes documents of this name below a run; any other is not the gate's."""
    return _DOCUMENT.fullmatch(name) is not None
