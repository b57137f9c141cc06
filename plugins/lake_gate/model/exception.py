"""Exceptions: detections that do not count for decisions, who has approved that, and until when. Pure.

An exception has one of two scopes: an identifier in a table (optionally in one column), or the bytes of one object. It
is never changed: it ends, or it is revoked. Times are texts in UTC, which sort like the times.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

from lake_gate.model import jsonl
from lake_gate.model.people import is_same_person
from lake_gate.model.run import FEED_NAME
from lake_gate.model.schema import iter_problems, iter_redacted_problems

PREFIX = "_exceptions/"
"""Key prefix of the documents in bronze."""
REVOKED = "revoked/"
"""Folder below :data:`PREFIX` and the feed of the documents that revoke: the key alone says which exception."""
USES = "_exception_uses/"
"""Key prefix in bronze of the documents about the first run that has used an exception."""
FALSE_POSITIVE, ACCEPTED = "false_positive", "accepted"
KIND_WORDS = {FALSE_POSITIVE: "the detections are wrong", ACCEPTED: "the detections are right, and accepted"}
AS_IS, MASKED = "as_is", "masked"
ID = r"[a-z0-9][a-z0-9-]{0,62}"
MOST_OCCURRENCES = 1_000_000
"""Highest number of occurrences in an object that an exception may excuse. Our own rule."""


@dataclass(frozen=True, slots=True)
class PolicyException:
    """Exception for one feed.

    :param kind: ``false_positive``, or ``accepted``: the detections are right, and accepted.
    :param release: ``as_is``, or ``masked``: only a masked copy may be promoted.
    :param requested_by: user who asked for it.
    :param approved_by: one or two users; never the one who asked for it.
    :param until: last day on which it applies (``2026-12-31``, UTC).
    :param created_at: time in UTC (``2026-11-29T19:00:00+00:00``).
    :param reason: one line.
    :param dataset: table, see :func:`lake_gate.model.manifest.dataset_of`; None: the scope is an object.
    :param column: name of the only column; None: the whole table.
    :param identifier: the only identifier; required for a table.
    :param most: most occurrences per object that are excused; required for a table, and only there.
    :param sha256: of the only bytes; None: the scope is a table.
    :param detections: occurrences by identifier that were reviewed in these bytes.
    :param request: id of the review request; None for an exception that was not requested there.
    """

    id: str
    feed: str
    kind: str
    release: str
    requested_by: str
    approved_by: tuple[str, ...]
    until: str
    created_at: str
    reason: str
    dataset: str | None = None
    column: str | None = None
    identifier: str | None = None
    most: int | None = None
    sha256: str | None = None
    detections: Mapping[str, int] = field(default_factory=dict)
    request: str | None = None

    @classmethod
    def from_json(cls, content: Any) -> PolicyException:
        """Parse a document in bronze.

        :raises ValueError: when it is not an exception; the text contains nothing of the content.
        """
        return cls._parse(content, list(iter_redacted_problems(SCHEMA, content)))

    @classmethod
    def from_file(cls, content: Any) -> PolicyException:
        """Parse an exception of a file in ``include/exceptions``.

        :raises ValueError: naming every wrong key and the expected value.
        """
        return cls._parse(content, list(iter_problems(SCHEMA, content)))

    @classmethod
    def _parse(cls, content: Any, problems: list[str]) -> PolicyException:
        if problems := problems or list(_iter_value_problems(content)):
            raise ValueError("; ".join(problems))
        return jsonl.from_dict(cls, content)

    def to_json(self) -> dict[str, Any]:
        """Return the exception as a JSON object, for documents."""
        return {**asdict(self), "approved_by": list(self.approved_by), "detections": dict(self.detections)}

    @property
    def key(self) -> str:
        """Key of its document in bronze."""
        return f"{prefix_of(self.feed)}{self.id}.json"

    def is_valid_at(self, at: str) -> bool:
        """Whether it exists at this time, and has not ended.

        :param at: time in UTC, as ISO 8601.
        """
        return self.created_at[:_SECOND] <= at[:_SECOND] and at[:_DAY] <= self.until


_DAY, _SECOND = len("2026-11-29"), len("2026-11-29T19:00:00")


def prefix_of(feed: str) -> str:
    """Return the key prefix of the exceptions of a feed."""
    return f"{PREFIX}{feed}/"


def revoked_key(feed: str, exception_id: str) -> str:
    """Return the key of the document that revokes an exception."""
    return f"{prefix_of(feed)}{REVOKED}{exception_id}.json"


def used_key(feed: str, exception_id: str) -> str:
    """Return the key of the document about the first use of an exception."""
    return f"{USES}{feed}/{exception_id}.json"


_END = r"\Z"  # a dollar would also match before a line break
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_LINE = rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*{_END}"
_USER = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": _LINE}
_NAME_OR_NULL = {"type": ["string", "null"], "minLength": 1, "maxLength": 512, "pattern": _LINE}
_DATE_PATTERN = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME_PATTERN = r"T([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]{1,6})?\+00:00"
_COUNT = {"type": "integer", "minimum": 1}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": f"^{ID}{_END}"},
        "feed": {"type": "string", "pattern": f"^{FEED_NAME.pattern}{_END}"},
        "kind": {"enum": [FALSE_POSITIVE, ACCEPTED]},
        "release": {"enum": [AS_IS, MASKED]},
        "dataset": {**_NAME_OR_NULL, "pattern": rf"^[^A-Z./{_CONTROL}]+{_END}"},
        "column": _NAME_OR_NULL,
        "identifier": _NAME_OR_NULL,
        "most": {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_OCCURRENCES},
        "sha256": {"type": ["string", "null"], "pattern": rf"^[0-9a-f]{{64}}{_END}"},
        "detections": {"type": "object", "additionalProperties": _COUNT, "maxProperties": 1000},
        "reason": {"type": "string", "maxLength": 1000, "pattern": _LINE},
        "requested_by": _USER,
        "approved_by": {"type": "array", "items": _USER, "minItems": 1, "maxItems": 2},
        "until": {"type": "string", "pattern": f"^{_DATE_PATTERN}{_END}"},
        "created_at": {"type": "string", "pattern": f"^{_DATE_PATTERN}{_TIME_PATTERN}{_END}"},
        "request": _NAME_OR_NULL,
    },
    "required": [
        *("id", "feed", "kind", "release", "reason", "requested_by", "approved_by", "until", "created_at"),
    ],
    "additionalProperties": False,
}
"""JSON Schema of an exception."""
_OF_TABLE, _OF_OBJECT = ("dataset", "identifier", "most"), ("sha256", "detections")


def _iter_value_problems(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems that the schema cannot express; nothing of the content."""
    needed, other = (_OF_OBJECT, ("dataset", "column", "most")) if content.get("sha256") else (_OF_TABLE, _OF_OBJECT)
    scope = "an object (sha256)" if needed is _OF_OBJECT else "a table (no sha256)"
    yield from (f"{name}: required if the scope is {scope}" for name in needed if not content.get(name))
    yield from (f"{name}: not allowed if the scope is {scope}" for name in other if content.get(name))
    if content.get("sha256") and content.get("identifier") not in {None, *content.get("detections", ())}:
        yield "identifier: expected one of the detections that were reviewed"
    if any(is_same_person(*pair) for pair in combinations(content["approved_by"], 2)):
        yield "approved_by: expected two different users"
    if any(is_same_person(content["requested_by"], user) for user in content["approved_by"]):
        yield "approved_by: the user who asked for an exception must not approve it"
    for name in ("until", "created_at"):
        year, month, day = map(int, content[name][:_DAY].split("-"))
        if year < 1 or day > calendar.monthrange(year, month)[1]:
            yield f"{name}: the date does not exist"
    if content["until"] < content["created_at"][:_DAY]:
        yield "until: it is before created_at"
