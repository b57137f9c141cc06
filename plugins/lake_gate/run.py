"""Where one run keeps what it lands and what it writes down. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

HELD_PREFIX = "held/"
"""Held objects stay in bronze under this prefix."""

FEED_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What the name of a feed looks like; anything else in its place in a key was put there by another writer."""
_FOLDER = re.compile(r"[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+|^\.+$")
_TAKEN = re.compile(r".*-[0-9a-f]{8}|.*\.(json|jsonl|gz|txt)|[._].*", re.DOTALL)
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
