"""The watermark: a document with the time up to which Macie's findings were processed. Pure.

Findings appear late and out of order: a run lists them from :data:`LOOK_BACK_MS` before the watermark and skips those
that were processed. The watermark moves only when everything of a run is done and recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lake_gate.model import jsonl

LOOK_BACK_MS = 2 * 60 * 60 * 1000
"""How much later than other findings of the same time a finding may appear."""


@dataclass(frozen=True, slots=True)
class _Document:
    updated_at_ms: int
    seen: dict[str, int]
    pending: list[str]
    failed: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watermark:
    """The findings that were processed; times in milliseconds since 1970.

    :param updated_at_ms: latest time of a processed finding; 0 before the first run, which lists all findings that
        Macie has (it keeps them for 90 days).
    :param seen: time of each processed finding within the look-back, by id.
    :param pending: ids of findings to process again: left to the run that landed their object, or failed.
    :param failed: ``bucket``, ``key`` and ``why`` (class of the error) of each object that failed, by finding id.
    """

    updated_at_ms: int
    seen: Mapping[str, int]
    pending: frozenset[str]
    failed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, content: bytes | None, *, now_ms: int) -> Watermark:
        """Read the document; return an empty watermark when it is missing, of another shape, or from the future.

        :param now_ms: from a watermark beyond it nothing would be listed until its time has come.
        """
        try:
            watermark = cls.of(jsonl.parse(content or b""))
        except ValueError:
            return cls(0, {}, frozenset())
        return watermark if watermark.updated_at_ms <= now_ms + LOOK_BACK_MS else cls(0, {}, frozenset())

    @classmethod
    def of(cls, content: Any) -> Watermark:
        """Read the JSON of the document; return an empty watermark when it is of another shape."""
        try:
            known = jsonl.from_dict(_Document, content)
        except ValueError:
            return cls(0, {}, frozenset())
        return cls(known.updated_at_ms, known.seen, frozenset(known.pending), known.failed)

    def to_bytes(self) -> bytes:
        """Return the document."""
        content = {**asdict(self), "seen": dict(sorted(self.seen.items())), "pending": sorted(self.pending)}
        return json.dumps(content).encode()

    @property
    def since_ms(self) -> int:
        """The time from which findings are listed."""
        return max(0, self.updated_at_ms - LOOK_BACK_MS)

    def is_new(self, finding_id: str, updated_at_ms: int = 0) -> bool:
        """Whether a finding is to be processed: it is pending, was not processed, or has changed since."""
        return finding_id in self.pending or finding_id not in self.seen or updated_at_ms > self.seen[finding_id]

    def moved(
        self,
        times: Mapping[str, int],
        left: Iterable[str],
        failed: Mapping[str, Mapping[str, str]] | None = None,
        *,
        now_ms: int,
    ) -> Watermark:
        """Return the watermark after a run; the changes that other runs have made to it stay.

        :param times: time of each finding that the run has examined, by id.
        :param left: ids of the findings that are left for the next run.
        :param failed: objects that failed, with ``why``, by id of the finding.
        :param now_ms: upper limit: a later time, by a wrong clock, does not hide earlier findings.
        """
        updated_at = max([self.updated_at_ms, *(min(at, now_ms) for at in times.values())])
        seen = {id_: at for id_, at in {**self.seen, **times}.items() if at >= updated_at - LOOK_BACK_MS}
        pending = (self.pending - times.keys()) | frozenset(left)
        before = {id_: failure for id_, failure in self.failed.items() if id_ not in times}
        failures = {id_: failure for id_, failure in {**before, **(failed or {})}.items() if id_ in pending}
        return Watermark(updated_at, seen, pending, failures)
