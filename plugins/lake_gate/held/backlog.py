"""What is held, summed up by feed and reason: for the record, the table in the log, and the messages. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lake_gate.delivery.held_objects import HeldObject
from lake_gate.notifications.message import Notice

MOST_FEEDS_TOLD = 100
"""Most feeds with a message of their own: each is a task, and anyone who may write below ``held/`` may name a thousand.
Airflow maps over 1,024 at most. Source: ``max_map_length`` in Airflow's configuration."""
NAMES_TOLD = 1000
"""Most objects that a message names."""
_GROUP_TEXTS, _GROUP_COUNTS = ("feed", "reason", "oldest_held_at"), ("objects", "overdue", "size_bytes")
BACKLOG_SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "overdue_before": {"type": "string"},
        "older_than_hours": {"type": "integer"},
        "groups": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    **{name: {"type": "string"} for name in _GROUP_TEXTS},
                    **{name: {"type": "integer"} for name in _GROUP_COUNTS},
                },
                "required": [*_GROUP_TEXTS, *_GROUP_COUNTS],
            },
        },
    },
    "required": ["overdue_before", "older_than_hours", "groups"],
}
"""JSON Schema of what ``record.json`` of a run that lists what is held is read for."""


@dataclass(slots=True)
class Group:
    """The objects of one feed that are held for one reason.

    :param overdue: how many of them are held for too long.
    :param oldest_held_at: since when the oldest is.
    """

    feed: str
    reason: str
    objects: int = 0
    size_bytes: int = 0
    overdue: int = 0
    oldest_held_at: str = ""


@dataclass(slots=True)
class Backlog:
    """Sums over held objects, counted as they pass.

    :param overdue_before: what is held since then, or for longer, is held for too long.
    """

    overdue_before: str
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)

    def count(self, held: HeldObject) -> None:
        """Add one object."""
        group = self.groups.setdefault((held.feed, held.reason), Group(held.feed, held.reason))
        group.objects += 1
        group.size_bytes += held.size_bytes
        group.overdue += is_overdue(held.held_at, self.overdue_before)
        group.oldest_held_at = min(group.oldest_held_at or held.held_at, held.held_at)

    def to_json(self) -> dict[str, Any]:
        """Return the sums as the record has them, the largest groups of a feed first."""
        groups = sorted(self.groups.values(), key=lambda one: (one.feed, -one.objects, one.reason))
        return {
            "overdue_before": self.overdue_before,
            "objects": sum(one.objects for one in groups),
            "overdue": sum(one.overdue for one in groups),
            "groups": [asdict(one) for one in groups],
        }


def is_overdue(held_at: str, overdue_before: str) -> bool:
    """Whether an object is held for too long; both times as in :class:`HeldObject`."""
    return held_at <= overdue_before


def overdue_feeds(groups: Iterable[Mapping[str, Any]], known: Collection[str] = ()) -> list[str]:
    """Return the feeds of which something is held for too long, at most :data:`MOST_FEEDS_TOLD`.

    :param known: feeds that come first when there are more.
    """
    overdue = {group["feed"] for group in groups if group["overdue"]}
    return sorted(sorted(overdue, key=lambda feed: (feed not in known, feed))[:MOST_FEEDS_TOLD])


_COLUMNS = ("feed", "reason", "objects", "overdue", "size_bytes", "oldest_held_at")


def table(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table of the groups."""
    rows = [_COLUMNS, *(tuple(str(group[name]) for name in _COLUMNS) for group in groups)]
    widths = [max(len(row[number]) for row in rows) for number in range(len(_COLUMNS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def notice(feed: str, record: Mapping[str, Any], oldest: Iterable[Mapping[str, Any]], record_uri: str) -> Notice:
    """Return the message about what is held of a feed for too long.

    :param record: ``record.json`` of the run that has listed it.
    :param oldest: lines of ``held.jsonl``: its objects that are held for too long, the oldest first, not more than
        :data:`NAMES_TOLD`.
    """
    groups = [group for group in record["groups"] if group["feed"] == feed]
    held, overdue = sum(group["objects"] for group in groups), sum(group["overdue"] for group in groups)
    age = f"more than {record['older_than_hours']} hours"
    sentence = f"[{feed}] {overdue} file(s) held for {age}"
    names = [f"- {one['key']}: {one['reason']}, since {one['held_at']}" for one in oldest]
    return Notice(
        subject=sentence,
        lines=[
            f"{held} file(s) of this feed are held, {overdue} of them for {age}.",
            *(_sum(group) for group in groups),
            "Mend the cause, then start the feed's DAG and choose the reason under Re-process held files: they go "
            "through the gate again.",
            *names,
        ],
        sms=f"{sentence}.",
        attributes={
            "feed": feed,
            "kind": "overdue",
            "severity": "None",
            "outcome": "held",
            "hold": held,
            "overdue": overdue,
        },
        record_uri=record_uri,
        left_out=overdue - len(names),
    )


def _sum(group: Mapping[str, Any]) -> str:
    return (
        f"{group['reason']}: {group['objects']} file(s), {group['size_bytes']} bytes, the oldest since "
        f"{group['oldest_held_at']}; {group['overdue']} for too long."
    )
