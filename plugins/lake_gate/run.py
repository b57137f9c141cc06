"""Where one run keeps what it lands and what it writes down. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

HELD_PREFIX = "held/"
"""Held objects stay in bronze under this prefix."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+|^\.+$")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one feed, and its places in the bronze bucket.

    :param feed: name of the feed, the first part of every key (``synthea``).
    :param run_id: Airflow's run id, as it is.
    """

    feed: str
    run_id: str

    @property
    def folder(self) -> str:
        """The run id as one part of an S3 key; a changed id carries a hash, so two ids never share a folder."""
        name = _UNSAFE.sub("-", self.run_id)
        if name == self.run_id:
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
