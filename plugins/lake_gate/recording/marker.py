"""The marker in silver that readers trust a run by: which versions were promoted, and which of them withdrawn. Pure.

A marker says all when it is written first. Afterwards it changes in one way only: an object goes from ``objects`` to
``withdrawn``, and never back.
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
    :param objects: what readers may trust: ``key``, ``version_id``, ``size_bytes``, ``sha256``.
    :param withdrawn: what they may not trust any more, by (key, version id).
    """

    head: dict[str, Any]
    objects: list[dict[str, Any]]
    withdrawn: dict[tuple[str, str], str]

    @classmethod
    def of(
        cls, run: Mapping[str, Any], entries: Iterable[Mapping[str, Any]], withdrawals: Mapping[str, Withdrawal]
    ) -> Marker:
        """Make the marker from the entries of the run's record.

        :param withdrawals: by key.
        """
        promoted = [marker_object(entry) for entry in entries if entry["outcome"] == Outcome.PROMOTE]
        return cls(marker_head(run), promoted, {}).without(withdrawals)

    @classmethod
    def parse(cls, content: bytes) -> Marker | None:
        """Read what :meth:`to_bytes` wrote; None when it is no marker."""
        try:
            head = jsonl.parse(content)
        except ValueError:
            return None
        if not isinstance(head, dict):
            return None
        objects, withdrawn = head.pop("objects", None), head.pop("withdrawn", [])
        if not (_are_listed(objects) and _are_listed(withdrawn)):
            return None
        if not all(isinstance(one.get("reason"), str) for one in withdrawn):
            return None
        return cls(head, objects, {_place(one): one["reason"] for one in withdrawn})

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
        """Return the marker without the objects of these keys, which are withdrawn."""
        withdrawn = {
            **{
                (one["key"], one["version_id"]): withdrawals[one["key"]].reason
                for one in self.objects
                if one["key"] in withdrawals
            },
            **{(one.key, one.version_id): one.reason for one in withdrawals.values() if one.version_id},
            **self.withdrawn,
        }
        return Marker(self.head, [one for one in self.objects if one["key"] not in withdrawals], withdrawn)

    def joined(self, other: Marker) -> Marker | None:
        """Return what both say when they differ by withdrawals alone: withdrawn by one is withdrawn; None else."""
        withdrawn = {**other.withdrawn, **self.withdrawn}
        mine, theirs = ([one for one in marker.objects if _place(one) not in withdrawn] for marker in (self, other))
        if self.head == other.head and not other.objects and not other.withdrawn:
            return self  # the run's delivery was empty, and has come since
        return Marker(self.head, mine, withdrawn) if (self.head, mine) == (other.head, theirs) else None


def _are_listed(items: Any) -> bool:
    """Return whether these are objects in a list, each with its key and version."""
    return isinstance(items, list) and all(
        isinstance(item, dict)
        and all(isinstance(part := item.get(name), str) and part for name in ("key", "version_id"))
        for item in items
    )


def _place(listed: Mapping[str, Any]) -> tuple[str, str]:
    return listed["key"], listed["version_id"]


def _lines(items: Iterable[Mapping[str, Any]]) -> str:
    return ",".join("\n" + json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in items)
