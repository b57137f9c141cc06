"""The marker in silver: versions that a run has promoted, and that readers may trust, and versions withdrawn. Pure.

A marker is complete when it is first written. Afterwards it changes in only one way: an object moves from ``objects``
to ``withdrawn``, and never back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lake_gate.decision.amendments import Withdrawal
from lake_gate.decision.policy import Outcome
from lake_gate.model import jsonl
from lake_gate.recording.record import marker_head, marker_object


@dataclass(frozen=True, slots=True)
class Marker:
    """A run's marker.

    :param head: schema, feed and run id.
    :param objects: versions that readers may trust: ``key``, ``version_id``, ``size_bytes``, ``sha256``, and of masked
        copies ``masked``.
    :param withdrawn: reasons of the versions that readers may no longer trust, by (key, version id).
    """

    head: dict[str, Any]
    objects: list[dict[str, Any]]
    withdrawn: dict[tuple[str, str], str]

    @classmethod
    def of(
        cls, run: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], withdrawals: Mapping[str, Withdrawal]
    ) -> Marker:
        """Return the marker for the entries of the run's record.

        :param withdrawals: by key.
        """
        copies_too = (item for entry in entries for item in (entry, entry.get("masked")) if item)
        promoted = [marker_object(item) for item in copies_too if item["outcome"] == Outcome.PROMOTE]
        return cls(marker_head(run), promoted, {}).without(withdrawals)

    @classmethod
    def parse(cls, content: bytes) -> Marker | None:
        """Parse the output of :meth:`to_bytes`; return None if it is not a valid marker."""
        try:
            head = jsonl.parse(content)
        except ValueError:
            return None
        if not isinstance(head, dict):
            return None
        objects, withdrawn = head.pop("objects", None), head.pop("withdrawn", [])
        if not (_are_listed(objects) and _are_listed(withdrawn)):
            return None
        if not all(isinstance(item.get("reason"), str) for item in withdrawn):
            return None
        return cls(head, objects, {_place(item): item["reason"] for item in withdrawn})

    def to_bytes(self) -> bytes:
        """Return the marker's JSON, one object a line."""
        head = json.dumps(self.head, ensure_ascii=False).removesuffix("}")
        lists = {"objects": self.objects}
        if self.withdrawn:
            listed = sorted(self.withdrawn.items())
            lists["withdrawn"] = [{"key": k, "version_id": v, "reason": reason} for (k, v), reason in listed]
        body = ", ".join(f'"{name}": [{_lines(items)}\n]' for name, items in lists.items())
        return f"{head}, {body}}}\n".encode()

    def without(self, withdrawals: Mapping[str, Withdrawal]) -> Marker:
        """Return the marker with these objects withdrawn.

        :param withdrawals: by key.
        """
        withdrawn = {
            **{_place(item): withdrawals[item["key"]].reason for item in self.objects if item["key"] in withdrawals},
            **{(item.key, item.version_id): item.reason for item in withdrawals.values() if item.version_id},
            **self.withdrawn,
        }
        return Marker(self.head, [item for item in self.objects if item["key"] not in withdrawals], withdrawn)

    def joined(self, other: Marker) -> Marker | None:
        """Return the marker with the withdrawals of both; None if they differ in anything else."""
        withdrawn = {**other.withdrawn, **self.withdrawn}
        mine, theirs = ([item for item in marker.objects if _place(item) not in withdrawn] for marker in (self, other))
        if self.head == other.head and not other.objects and not other.withdrawn:
            return self  # the run's delivery was empty, and has arrived since
        return Marker(self.head, mine, withdrawn) if (self.head, mine) == (other.head, theirs) else None


def _are_listed(items: Any) -> bool:
    """Whether this is a list of dicts, each with a key and a version id."""
    return isinstance(items, list) and all(
        isinstance(item, dict)
        and all(isinstance(part := item.get(name), str) and part for name in ("key", "version_id"))
        for item in items
    )


def _place(listed: Mapping[str, Any]) -> tuple[str, str]:
    return listed["key"], listed["version_id"]


def _lines(items: Iterable[Mapping[str, Any]]) -> str:
    return ",".join("\n" + json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
