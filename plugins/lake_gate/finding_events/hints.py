"""Parse the messages of the findings queue: each is a hint that a finding exists, or poison. Pure.

A message is only a hint. The watcher deletes it before a run exists, and EventBridge may send it twice or never: only
the finding that Macie returns counts.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lake_gate.model import jsonl

MAX_BODY_CHARACTERS = 2048
"""The EventBridge rules make bodies of about 200: see ``infra/pipeline.yaml``."""
_FINDING_ID = re.compile(r"[A-Za-z0-9-]{1,128}")


class Poison(StrEnum):
    """Why a message is not a valid hint."""

    TOO_LONG = "too_long"
    NOT_JSON = "not_json"
    NO_FINDING_ID = "no_finding_id"
    OTHER_ACCOUNT = "other_account"
    OTHER_REGION = "other_region"


@dataclass(frozen=True, slots=True)
class Hints:
    """The messages that have triggered a run of ``finding_events``.

    :param finding_ids: each once, in the order of the messages.
    :param duplicates: number of messages about a finding that an earlier message names.
    :param poisoned: bodies that are not valid hints, and why.
    """

    finding_ids: list[str] = field(default_factory=list)
    duplicates: int = 0
    poisoned: list[tuple[str, Poison]] = field(default_factory=list)

    @property
    def poison_counts(self) -> dict[str, int]:
        """Number of messages that are poison, by reason."""
        return dict(sorted(Counter(reason.value for _, reason in self.poisoned).items()))


def parse_all(bodies: Iterable[str], *, account_id: str, region: str) -> Hints:
    """Sort messages into hints and poison.

    :param account_id: account of the findings to accept, as ``region``.
    """
    found: dict[str, int] = {}
    poisoned: list[tuple[str, Poison]] = []
    for body in bodies:
        parsed = parse(body, account_id=account_id, region=region)
        if isinstance(parsed, Poison):
            poisoned.append((body, parsed))
        else:
            found[parsed] = found.get(parsed, 0) + 1
    return Hints(list(found), sum(found.values()) - len(found), poisoned)


def parse(body: str, *, account_id: str, region: str) -> str | Poison:
    """Return the id of the finding that a message is about, or why the message is poison."""
    if len(body) > MAX_BODY_CHARACTERS:
        return Poison.TOO_LONG
    try:
        payload = jsonl.parse(body)
    except ValueError:
        return Poison.NOT_JSON
    finding_id = payload.get("finding") if isinstance(payload, dict) else None
    if not isinstance(finding_id, str) or not _FINDING_ID.fullmatch(finding_id):
        return Poison.NO_FINDING_ID
    if payload.get("account") != account_id:
        return Poison.OTHER_ACCOUNT
    return finding_id if payload.get("region") == region else Poison.OTHER_REGION


def iter_bodies(extras: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the bodies of the messages that asset events carry.

    :param extras: of the events, in the shape of SqsSensorTrigger; the extra of a manual event has no messages.
    """
    for extra in extras:
        payload = extra.get("payload")
        batch = payload.get("message_batch") if isinstance(payload, Mapping) else None
        for message in batch if isinstance(batch, list) else ():
            body = message.get("Body") if isinstance(message, Mapping) else message
            yield body if isinstance(body, str) else json.dumps(body)
