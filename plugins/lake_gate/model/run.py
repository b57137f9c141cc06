"""Places of a run in the buckets, and names of all its documents."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

# The documents of a run, in the order in which its steps write them.
RUN = "run.json"
"""Pin of the run, written once when it begins: run id, source, whether it is a dry run."""
REPROCESSED = "reprocessed.jsonl"
"""The versions of held objects that the run re-processes; only if its source is ``held://``."""
MANIFEST = "manifest.jsonl"
"""The landed objects, one per line."""
REUSED = "reused.jsonl"
"""The objects that the job leaves out, each with the verdict that replaces its scan."""
JOB = "job.json"
"""Macie's description of the run's job. Not written when verdicts cover all objects."""
RESULTS, FINDINGS = "results.jsonl.gz", "findings.jsonl"
"""Macie's discovery results and findings, filtered by :mod:`lake_gate.model.kept`."""
HISTORIES = "histories.jsonl"
"""S3's versions of each key for which Macie named no version, listed when the evidence was gathered."""
FOUND = "found.jsonl"
"""Everything reported in the landed bytes until the run decided, a line for each SHA-256."""
EXCEPTIONS = "exceptions.jsonl"
"""The exceptions with which the run decided, one per line."""
DECISIONS = "decisions.jsonl"
"""One decision per landed object, grouped by outcome."""
COLUMNS = "columns.jsonl"
"""What Macie found in each column, one line per object, column and identifier; no decision rests on it."""
PLAN = "plan.json"
"""Basis of the decisions (policy, job, versions of the evidence), and their chunks."""
MOVES = "moves/"
"""The ledger: for each chunk a document when its moves begin, and another when all are done."""
BEGUN = ".begun"
"""Suffix of the ledger's document about begun moves."""
OBJECTS = "objects.jsonl"
"""Entries of the record: decision and place of each landed object."""
RECORD = "record.json"
"""The record: totals, rules, job, links."""
RUN_REPORT = "run_report.html"
"""The record as a page to read, print and file: names and counts only."""
RELEASED = "released.jsonl"
"""The held copies that the run has deleted because its own objects replace them."""
NOTIFIED = "notified/"
"""A receipt for each message that was published."""
AMENDMENTS = "amendments/"
"""The stricter decisions of each run of ``finding_events``, and their moves."""
MOVED = ".moved.jsonl"
"""Suffix of the document of an amendment's moves."""
PURGED = ".purged.jsonl"
"""Suffix of the document, among the amendments, of the objects that a review request has purged."""

# Documents of runs of other DAGs: ``finding_events`` and ``held_objects``.
TAKEN = "taken.json"
"""Starting point of a run of ``finding_events``: the watermark, and the messages that triggered it."""
IDS = "ids.txt"
"""The ids of the findings that Macie listed for it."""
LOOKED = "looked.json"
"""The findings of these that were retrieved."""
ACTIONS = "actions.jsonl"
"""The actions that it decided on, one per line."""
HELD = "held.jsonl"
"""The backlog that ``held_objects`` reported."""
QUARANTINED, REQUESTS = "quarantined.jsonl", "requests.jsonl"
"""The quarantined files that wait too long for an answer, and the review requests that need a person."""

# Documents of a masked run only.
TO_MASK = "to_mask.jsonl"
"""The decisions about the originals that are masked, each with the columns in which Macie found something."""
MASKING = "masking/"
"""For each chunk of originals a document: reports on their copies, or why they have none."""
MASKED = "masked.jsonl"
"""The same for all originals: name, version of the original, report or reason."""

DOCUMENTS = (
    *(RUN, REPROCESSED, MANIFEST, REUSED, JOB, RESULTS, FINDINGS, HISTORIES, FOUND, EXCEPTIONS, DECISIONS, COLUMNS),
    *(PLAN, OBJECTS, RECORD, RUN_REPORT, RELEASED, TAKEN, IDS, LOOKED, ACTIONS, HELD),
    *(QUARANTINED, REQUESTS, TO_MASK, MASKED),
)
"""Names of the documents of a run, without those of folders."""

_DOCUMENT = re.compile(
    rf"(masked/)?({'|'.join(map(re.escape, DOCUMENTS))}|{MOVES}([a-z]+-)?[0-9]+\.jsonl({re.escape(BEGUN)})?"
    rf"|{MASKING}[0-9]+\.jsonl|{AMENDMENTS}[A-Za-z0-9._-]+\.jsonl|{NOTIFIED}(findings/)?[^/]+\.json)"
)

RUNS = "_runs/"
"""Key prefix of the documents of all runs, and in silver of their markers."""
RUNS_INDEX = "runs.json"
"""The index of a feed's runs, beside the folders of the runs."""

REVIEWS = "_reviews/"
"""Key prefix in bronze of the documents of review requests, ``_reviews/<feed>/<request>/``."""
REPORTS = "_reports/"
"""Key prefix in bronze of the reports of a feed's months."""
REVIEW_ID = re.compile(r"review-[0-9a-f]{16}")
"""Pattern of the id of a review request; it is also the folder below ``held/`` of the files that it gives back."""

HELD_PREFIX = "held/"
"""Held objects stay in bronze under this prefix."""
MASKED_PREFIX = "masked/"
"""Masked copies are in bronze and in quarantine under this prefix; in silver they have the key of their original."""
_MASKED_FOLDER = "/masked"
"""Suffix of the folder of a masked run; folders of other runs contain no ``/``."""

FEED_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""Pattern of the name of a feed; keys whose first part does not match come from another writer."""
_FOLDER = re.compile(r"[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+|^\.+$")
_TAKEN = re.compile(r".*-[0-9a-f]{8}|review-[0-9a-f]{16}|.*\.(json|jsonl|gz|txt|moved|begun)|[._].*", re.DOTALL)
"""Run ids that get a hash as folder: they look like a folder with a hash, a review request or a document of ours."""


@dataclass(frozen=True, slots=True)
class Run:
    """Run of a feed, and its places in the bronze bucket.

    :param feed: name of the feed, the first part of every key (``synthea``).
    :param run_id: Airflow's run id; the folder if only that is known, see :meth:`of_folder`.
    :param known_folder: the folder, if it does not follow from the run id; empty otherwise.
    """

    feed: str
    run_id: str
    known_folder: str = ""

    @classmethod
    def of_folder(cls, feed: str, folder: str) -> Run:
        """Return the run of a folder in a key; its places depend on nothing else.

        :raises ValueError: when feed or folder do not have the shape of a run's.
        """
        own_folder = folder.removesuffix(_MASKED_FOLDER)
        if not FEED_NAME.fullmatch(feed) or not _FOLDER.fullmatch(own_folder):
            raise ValueError("not the feed and the folder of a run")
        run = cls(feed, own_folder)
        run = run if run.folder == own_folder else cls(feed, own_folder, own_folder)
        return run if own_folder == folder else run.masked

    @property
    def folder(self) -> str:
        """Run id as a part of an S3 key; an id that had to be changed gets a hash.

        An id that looks like a folder with a hash gets a hash, too, so that two ids do not share a folder. (Eight
        digits can be made to collide on purpose: then ``RUN`` refuses the second id, see lake_gate.delivery.pin.)
        """
        if self.known_folder:
            return self.known_folder
        name = _UNSAFE.sub("-", self.run_id)
        if name == self.run_id and not _TAKEN.fullmatch(name):
            return name
        return f"{name}-{hashlib.sha256(self.run_id.encode()).hexdigest()[:8]}"

    @property
    def masked(self) -> Run:
        """The masked run: the masked copies of this run's objects, with documents of their own and the same marker."""
        return Run(self.feed, self.run_id, self.folder + _MASKED_FOLDER)

    @property
    def is_masked(self) -> bool:
        """Whether this is a masked run."""
        return self.known_folder.endswith(_MASKED_FOLDER)

    @property
    def original(self) -> Run:
        """The run whose objects this masked run has copies of."""
        return Run.of_folder(self.feed, self._own_folder)

    @property
    def _own_folder(self) -> str:
        return self.folder.removesuffix(_MASKED_FOLDER)

    @property
    def prefix(self) -> str:
        """Key prefix of the landed objects, and scope of the classification job."""
        return f"{MASKED_PREFIX if self.is_masked else ''}{self.feed}/{self._own_folder}/"

    @property
    def documents(self) -> str:
        """Key prefix of the run's documents; outside ``prefix``, so that no job scans them."""
        return f"{RUNS}{self.feed}/{self.folder}/"

    @property
    def marker(self) -> str:
        """Key of the run's marker in silver, by which readers know that the run is complete."""
        return f"{RUNS}{self.feed}/{self._own_folder}.json"

    def document(self, name: str) -> str:
        """Return the key of a document of the run: ``manifest.jsonl``, ``decisions.jsonl``, ``record.json`` …"""
        return self.documents + name


def silver_key(key: str) -> str:
    """Return the key in silver of an object with this key in bronze: a masked copy takes that of its original."""
    return key.removeprefix(MASKED_PREFIX)


def ledger(outcome: str, start: int) -> str:
    """Return the name of the document that lists the places of a chunk's objects.

    :param outcome: outcome of the chunk; empty in a run of ``finding_events``, whose chunks have several outcomes.
    """
    return f"{MOVES}{outcome}-{start}.jsonl" if outcome else f"{MOVES}{start}.jsonl"


def index_of(feed: str) -> str:
    """Return the key of the index of a feed's runs. A run id of that name gets a hash, so no folder has this name."""
    return f"{RUNS}{feed}/{RUNS_INDEX}"


def report_of(feed: str, month: str) -> str:
    """Return the key of the report of a feed's month.

    :param month: ``2026-11``.
    """
    return f"{REPORTS}{feed}/{month}.html"


def is_document_name(name: str) -> bool:
    """Return whether the gate writes documents of this name below a run."""
    return _DOCUMENT.fullmatch(name) is not None
