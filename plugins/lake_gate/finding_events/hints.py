"""What the messages of the findings queue say: hints that a finding is there, or poison. Pure.

A message is never more than a hint. The watcher has deleted it by the time a run exists, EventBridge may never have
sent it, or twice: what counts is what Macie itself says of the finding.
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
"""The rules make bodies of about 200: see ``infra/pipeline.yaml``."""
_FINDING_ID = re.compile(r"[A-Za-z0-9-]{1,128}")


class Poison(StrEnum):
    """Why a message cannot be a hint."""

    TOO_LONG = "too_long"
    NOT_JSON = "not_json"
    NO_FINDING_ID = "no_finding_id"
    OTHER_ACCOUNT = "other_account"
    OTHER_REGION = "other_region"


@dataclass(frozen=True, slots=True)
class Hints:
    """What a run of ``finding_events`` was triggered by.

    :param finding_ids: each once, in the order in which they came.
    :param duplicates: messages about a finding that another one has named, too.
    :param poisoned: bodies that are no hints, and why.
    """

    finding_ids: list[str] = field(default_factory=list)
    duplicates: int = 0
    poisoned: list[tuple[str, Poison]] = field(default_factory=list)

    @property
    def poison_counts(self) -> dict[str, int]:
        """How many messages are poison, by why."""
        return dict(sorted(Counter(reason.value for _, reason in self.poisoned).items()))


def take(bodies: Iterable[str], *, account_id: str, region: str) -> Hints:
    """Sort messages into hints and poison.

    :param account_id: of the findings that are ours, with ``region``.
    """
    found: dict[str, int] = {}
    poisoned: list[tuple[str, Poison]] = []
    for body in bodies:
        told = parse(body, account_id=account_id, region=region)
        if isinstance(told, Poison):
            poisoned.append((body, told))
        else:
            found[told] = found.get(told, 0) + 1
    return Hints(list(found), sum(found.values()) - len(found), poisoned)


def parse(body: str, *, account_id: str, region: str) -> str | Poison:
    """Return the id of the finding that a message is about, or why it is about none of ours."""
    if len(body) > MAX_BODY_CHARACTERS:
        return Poison.TOO_LONG
    try:
        told = jsonl.parse(body)
    except ValueError:
        return Poison.NOT_JSON
    finding_id = told.get("finding") if isinstance(told, dict) else None
    if not isinstance(finding_id, str) or not _FINDING_ID.fullmatch(finding_id):
        return Poison.NO_FINDING_ID
    if told.get("account") != account_id:
        return Poison.OTHER_ACCOUNT
    return finding_id if told.get("region") == region else Poison.OTHER_REGION


def iter_bodies(extras: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the bodies of the messages that asset events carry.

    :param extras: of the events, in the shape of SqsSensorTrigger; one that somebody made by hand has no messages.
    """
    for extra in extras:
        payload = extra.get("payload")
        batch = payload.get("message_batch") if isinstance(payload, Mapping) else None
        for message in batch if isinstance(batch, list) else ():
            body = message.get("Body") if isinstance(message, Mapping) else message
            yield body if isinstance(body, str) else json.dumps(body)
