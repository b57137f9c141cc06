"""Totals of held objects by feed and reason: for the record, the table in the log, and the messages. Pure.

The message about a feed also has what waits too long in quarantine, see :mod:`lake_gate.held.ageing`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lake_gate.delivery.held_objects import HeldObject
from lake_gate.held.ageing import QuarantinedFile, WaitingRequest, file_line, request_lines, sum_lines
from lake_gate.model.run import HELD_PREFIX, MASKED_PREFIX
from lake_gate.model.words import counted
from lake_gate.notifications.message import Notice

MOST_FEEDS_NOTIFIED = 100
"""Most feeds with a message of their own: each is a mapped task, and every writer below ``held/`` can add feeds.
Airflow maps over at most 1,024. Source: ``max_map_length`` in Airflow's configuration."""
NAMES_SENT = 1000
"""Most held objects in a message, most quarantined ones, and most requests."""
_QUARANTINE_COUNTS = ("purge_after_days", "files", "size_bytes", "older_than_purge", "overdue_files")
_GROUP_TEXTS, _GROUP_COUNTS = ("feed", "reason", "oldest_held_at"), ("objects", "overdue", "size_bytes")
BACKLOG_SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "overdue_before": {"type": "string"},
        "older_than_hours": {"type": "integer"},
        "quarantined_older_than_days": {"type": "integer"},
        "requests": {"type": "object", "additionalProperties": {"type": "integer"}},
        "quarantine": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "feed": {"type": "string"},
                    **{name: {"type": "integer"} for name in _QUARANTINE_COUNTS},
                    "overdue": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "properties": {"files": {"type": "integer"}, "oldest_at": {"type": "string"}},
                            "required": ["files", "oldest_at"],
                        },
                    },
                },
                "required": ["feed", "overdue", *_QUARANTINE_COUNTS],
            },
        },
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
    "required": [
        *("overdue_before", "older_than_hours", "groups", "quarantined_older_than_days", "quarantine", "requests"),
    ],
}
"""JSON Schema of the members of ``record.json`` of a run of ``held_objects`` that are read."""


@dataclass(slots=True)
class Group:
    """The objects of one feed that are held for one reason.

    :param overdue: number of objects that are held for too long.
    :param oldest_held_at: since when the oldest object is held.
    """

    feed: str
    reason: str
    objects: int = 0
    size_bytes: int = 0
    overdue: int = 0
    oldest_held_at: str = ""


@dataclass(slots=True)
class Backlog:
    """Sums over held objects, counted while they are listed.

    :param overdue_before: objects that are held since this time, or longer, are held for too long.
    """

    overdue_before: str
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)

    def count(self, held: HeldObject) -> None:
        """Add an object to the sums."""
        group = self.groups.setdefault((held.feed, held.reason), Group(held.feed, held.reason))
        group.objects += 1
        group.size_bytes += held.size_bytes
        group.overdue += is_overdue(held.held_at, self.overdue_before)
        group.oldest_held_at = min(group.oldest_held_at or held.held_at, held.held_at)

    def to_json(self) -> dict[str, Any]:
        """Return the sums as the record has them, the largest groups of a feed first."""
        groups = sorted(self.groups.values(), key=lambda group: (group.feed, -group.objects, group.reason))
        return {
            "overdue_before": self.overdue_before,
            "objects": sum(group.objects for group in groups),
            "overdue": sum(group.overdue for group in groups),
            "groups": [asdict(group) for group in groups],
        }


def is_overdue(held_at: str, overdue_before: str) -> bool:
    """Whether an object is held for too long; both times as in :class:`HeldObject`."""
    return held_at <= overdue_before


def overdue_feeds(record: Mapping[str, Any], known: Collection[str] = ()) -> list[str]:
    """Return the feeds with files or requests that wait for too long, at most :data:`MOST_FEEDS_NOTIFIED`.

    :param record: ``record.json`` of the run that has listed them.
    :param known: feeds that take precedence if the number is exceeded.
    """
    overdue = all_overdue_feeds(record)
    return sorted(sorted(overdue, key=lambda feed: (feed not in known, feed))[:MOST_FEEDS_NOTIFIED])


def all_overdue_feeds(record: Mapping[str, Any]) -> set[str]:
    """Return all feeds with files or requests that wait for too long."""
    held = {group["feed"] for group in record["groups"] if group["overdue"]}
    quarantined = {feed["feed"] for feed in record["quarantine"] if feed["overdue_files"]}
    return held | quarantined | set(record["requests"])


_COLUMNS = ("feed", "reason", "objects", "overdue", "size_bytes", "oldest_held_at")


def table(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table of the groups."""
    rows = [_COLUMNS, *(tuple(str(group[name]) for name in _COLUMNS) for group in groups)]
    widths = [max(len(row[number]) for row in rows) for number in range(len(_COLUMNS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


@dataclass(frozen=True, slots=True)
class Overdue:
    """What waits too long in a feed, the oldest first, at most :data:`NAMES_SENT` of each kind.

    :param held: lines of ``held.jsonl``.
    """

    held: Sequence[Mapping[str, Any]] = ()
    quarantined: Sequence[QuarantinedFile] = ()
    requests: Sequence[WaitingRequest] = ()


def notice(feed: str, record: Mapping[str, Any], oldest: Overdue, record_uri: str) -> Notice:
    """Return the message about what waits for too long in a feed: held and quarantined files, and review requests.

    :param record: ``record.json`` of the run that has listed them.
    """
    groups = [group for group in record["groups"] if group["feed"] == feed]
    quarantine = next((sums for sums in record["quarantine"] if sums["feed"] == feed), None)
    held, overdue = sum(group["objects"] for group in groups), sum(group["overdue"] for group in groups)
    quarantined = quarantine["overdue_files"] if quarantine else 0
    requests = record["requests"].get(feed, 0)
    age, days = f"more than {record['older_than_hours']} hours", record["quarantined_older_than_days"]
    parts = [
        f"{counted(overdue, 'file')} held for {age}" if overdue else "",
        f"{counted(quarantined, 'file')} quarantined for more than {counted(days, 'day')}" if quarantined else "",
        f"{counted(requests, 'review request')} waiting" if requests else "",
    ]
    sentence = f"[{feed}] {', '.join(filter(None, parts))}"
    names = [f"- {item['key']}: {item['reason']}, since {item['held_at']}" for item in oldest.held]
    files = [file_line(file) for file in oldest.quarantined]
    return Notice(
        subject=sentence,
        lines=[
            *(_held_lines(groups, held, overdue, age) if groups else ()),
            *([_COPIES] if any(item["key"].startswith(HELD_PREFIX + MASKED_PREFIX) for item in oldest.held) else []),
            *sum_lines(quarantine, days),
            *request_lines(oldest.requests),
            *names,
            *files,
        ],
        sms=f"{sentence}.",
        attributes={
            "feed": feed,
            "kind": "overdue",
            "severity": "None",
            "outcome": "held" if overdue else "quarantined" if quarantined else "review",
            "hold": held,
            "overdue": overdue,
            "quarantined": quarantined,
            "requests": requests,
        },
        record_uri=record_uri,
        left_out=overdue + quarantined + requests - len(names) - len(files) - len(oldest.requests),
    )


_COPIES = (
    f"Masked copies (below {HELD_PREFIX}{MASKED_PREFIX}) are not re-processed: their originals are in quarantine. "
    "Correct the masking spec or the policy, have the files delivered again, then delete the copies."
)


def _held_lines(groups: Sequence[Mapping[str, Any]], held: int, overdue: int, age: str) -> Iterator[str]:
    yield f"Held files of this feed: {held:,}, {overdue:,} of them for {age}."
    yield from (_sum(group) for group in groups)
    if overdue:
        yield (
            "Remove the cause, then start the feed's DAG and choose the reason under Re-process held files: the files "
            "go through the gate again."
        )


def _sum(group: Mapping[str, Any]) -> str:
    files, size = counted(group["objects"], "file"), counted(group["size_bytes"], "byte")
    since = f"the oldest since {group['oldest_held_at']}; {group['overdue']:,} for too long"
    return f"{group['reason']}: {files}, {size}, {since}."
