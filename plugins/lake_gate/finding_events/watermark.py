"""How far the findings of Macie were dealt with: one document that the next run begins from. Pure.

Findings appear out of order and late, so a run looks back beyond what it has seen, and passes over what it knows. The
watermark moves only when everything of a run is done and recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lake_gate.model import jsonl

LOOK_BACK_MS = 2 * 60 * 60 * 1000
"""How much later than another one, of the same time, a finding may appear."""


@dataclass(frozen=True, slots=True)
class _Document:
    updated_at_ms: int
    seen: dict[str, int]
    pending: list[str]
    failed: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watermark:
    """What was dealt with; times in milliseconds since 1970.

    :param updated_at_ms: the latest time of a finding that was dealt with; 0 before the first run, which looks at all
        that Macie has (it keeps findings for 90 days).
    :param seen: time of each finding within the look-back, by id: they were dealt with.
    :param pending: ids of findings that were left to the run that landed their object: to be looked at again.
    :param failed: of the pending findings those whose object could not be dealt with: ``bucket``, ``key`` and ``why``
        (the class of the error), by id.
    """

    updated_at_ms: int
    seen: Mapping[str, int]
    pending: frozenset[str]
    failed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, content: bytes | None) -> Watermark:
        """Read the document; begin at the beginning without one, or when it has another shape."""
        try:
            return cls.of(jsonl.parse(content or b""))
        except ValueError:
            return cls(0, {}, frozenset())

    @classmethod
    def of(cls, content: Any) -> Watermark:
        """Read the JSON of the document; begin at the beginning when it has another shape."""
        try:
            known = jsonl.from_dict(_Document, content)
        except ValueError:
            return cls(0, {}, frozenset())
        return cls(known.updated_at_ms, known.seen, frozenset(known.pending), known.failed)

    def to_bytes(self) -> bytes:
        """Return the document."""
        told = {**asdict(self), "seen": dict(sorted(self.seen.items())), "pending": sorted(self.pending)}
        return json.dumps(told).encode()

    @property
    def since_ms(self) -> int:
        """The time from which on findings are listed."""
        return max(0, self.updated_at_ms - LOOK_BACK_MS)

    def is_new(self, finding_id: str, updated_at_ms: int = 0) -> bool:
        """Return whether a finding is to be looked at: it was not, or it has changed since."""
        return finding_id in self.pending or finding_id not in self.seen or updated_at_ms > self.seen[finding_id]

    def moved(
        self,
        looked_at: Mapping[str, int],
        left: Iterable[str],
        failed: Mapping[str, Mapping[str, str]] | None = None,
        *,
        now_ms: int,
    ) -> Watermark:
        """Return the watermark after a run; what another run has put there meanwhile stays.

        :param looked_at: time of each finding that the run has looked at, by id.
        :param left: ids of those that it has left for the next one.
        :param failed: why, where it has failed.
        :param now_ms: a finding with a later time, by a wrong clock, does not hide those before it.
        """
        updated_at = max([self.updated_at_ms, *(min(at, now_ms) for at in looked_at.values())])
        seen = {one: at for one, at in {**self.seen, **looked_at}.items() if at >= updated_at - LOOK_BACK_MS}
        pending = (self.pending - looked_at.keys()) | frozenset(left)
        known = {one: why for one, why in self.failed.items() if one not in looked_at}
        failures = {one: why for one, why in {**known, **(failed or {})}.items() if one in pending}
        return Watermark(updated_at, seen, pending, failures)
