"""Files of a run as pages and reports show them, from the entries of its record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lake_gate.display import facts
from lake_gate.display.words import SEVERITIES, STRICTEST_FIRST, outcome_word
from lake_gate.model.names import UNKNOWN
from lake_gate.model.run import HELD_PREFIX


@dataclass(frozen=True, slots=True)
class Identifier:
    """What Macie has found in a file, and how often."""

    name: str
    count: int
    severity: str


@dataclass(frozen=True, slots=True)
class Before:
    """What became of the same table in the run of the feed before.

    :param appeared: identifiers that were not found then; ``gone``: those that are not found any more.
    """

    run_id: str
    outcome: str
    reason: str
    appeared: list[str]
    gone: list[str]
    new_columns: list[Mapping[str, Any]]
    gone_columns: list[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Masking:
    """How a copy was masked.

    :param methods: method by column, for masked columns only.
    :param quasi_identifiers: columns whose combinations were counted.
    :param smallest_group, share_below_5: of the rows with the same quasi-identifiers; None if the spec names none.
    """

    spec: str
    spec_sha256: str
    key_version: int | None
    methods: Mapping[str, str]
    quasi_identifiers: list[str]
    smallest_group: int | None
    share_below_5: float | None

    @classmethod
    def of(cls, report: Any) -> Masking:
        """Return how a copy was masked, from the report on its masking."""
        methods = facts.member(report, "methods")
        return cls(
            facts.text(report, "spec"),
            facts.text(report, "spec_sha256"),
            facts.number(report, "key_version"),
            {name: str(method) for name, method in methods.items()} if isinstance(methods, Mapping) else {},
            facts.texts(report, "risk", "quasi_identifiers"),
            facts.number(report, "risk", "smallest_group"),
            facts.amount(report, "risk", "share_below_5"),
        )


@dataclass(frozen=True, slots=True)
class MaskedCopy:
    """Masked copy of a file: it has passed the gate by itself, with a decision of its own."""

    outcome: str
    reason: str
    now: tuple[str, str, str]
    masking: Masking


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of a run.

    :param now: bucket, key and version id where the file is; empty texts if that is not known.
    :param purged_at: when it was purged from there; empty if it was not.
    :param was: outcome before a later finding made it stricter; empty if none did.
    :param exceptions: ids of the exceptions without which the outcome would have been stricter.
    """

    name: str
    size_bytes: int
    rows: int | None
    columns: int | None
    severity: str
    identifiers: list[Identifier]
    outcome: str
    reason: str
    rule: str
    status_reason: str
    now: tuple[str, str, str]
    landed: tuple[str, str, str]
    sha256: str
    finding_ids: list[str]
    before: Before | None
    copy: MaskedCopy | None
    was: str
    amended_at: str
    verdict_run_id: str
    purged_at: str = ""
    exceptions: tuple[str, ...] = ()

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> FileRow:
        """Return the row of an entry of ``objects.jsonl``."""
        severities = facts.member(entry, "identifier_severities")
        detections = sorted(facts.counts(entry, "detections").items(), key=lambda item: (-item[1], item[0]))
        return cls(
            name=facts.text(entry, "name"),
            size_bytes=facts.number(entry, "size_bytes") or 0,
            rows=facts.number(entry, "rows"),
            columns=facts.number(entry, "columns"),
            severity=facts.text(entry, "severity"),
            identifiers=[Identifier(name, count, facts.text(severities, name)) for name, count in detections],
            outcome=facts.text(entry, "outcome"),
            reason=facts.text(entry, "reason"),
            rule=facts.text(entry, "rule"),
            status_reason=facts.text(entry, "status_reason"),
            now=_place(entry, "now"),
            landed=_place(entry, "landed"),
            sha256=facts.text(entry, "sha256"),
            finding_ids=[name for name in facts.texts(entry, "finding_ids") if name != UNKNOWN],
            before=_before(facts.member(entry, "before")),
            copy=_copy(facts.member(entry, "masked")),
            was=facts.text(entry, "amended", "was"),
            amended_at=facts.text(entry, "amended", "decided_at"),
            verdict_run_id=facts.text(entry, "verdict", "run_id"),
            purged_at=facts.text(entry, "purged", "at"),
            exceptions=tuple(facts.texts(entry, "exceptions")),
        )

    @property
    def is_held(self) -> bool:
        """Whether the file is below ``held/``."""
        return self.now[1].startswith(HELD_PREFIX)

    @property
    def news(self) -> list[str]:
        """What is different from the run before, in words."""
        if not self.before:
            return []
        changed = [] if self.before.outcome == self.outcome else [f"was {outcome_word(self.before.outcome)}"]
        return [
            *changed,
            *(f"{name} is new" for name in self.before.appeared),
            *(f"{name} is gone" for name in self.before.gone),
        ]


def _place(entry: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    return tuple(facts.text(entry, name, part) for part in ("bucket", "key", "version_id"))  # type: ignore[return-value]


def _copy(content: Any) -> MaskedCopy | None:
    if not isinstance(content, Mapping):
        return None
    masking = Masking.of(facts.member(content, "masking"))
    return MaskedCopy(facts.text(content, "outcome"), facts.text(content, "reason"), _place(content, "now"), masking)


def _before(content: Any) -> Before | None:
    if not isinstance(content, Mapping):
        return None
    return Before(
        run_id=facts.text(content, "run_id"),
        outcome=facts.text(content, "outcome"),
        reason=facts.text(content, "reason"),
        appeared=facts.texts(content, "new_identifiers"),
        gone=facts.texts(content, "gone_identifiers"),
        new_columns=facts.mappings(content, "new_columns"),
        gone_columns=facts.mappings(content, "gone_columns"),
    )


def severity_rank(entry: Mapping[str, Any]) -> int:
    """Return the rank of the severity of an entry: 0 without one."""
    return SEVERITIES.get(facts.text(entry, "severity"), 0)


def strictness(entry: Mapping[str, Any]) -> tuple[int, int, str]:
    """Return the key that sorts entries: the strictest outcome first, then the highest severity, then by name."""
    outcome = STRICTEST_FIRST.get(facts.text(entry, "outcome"), 0)
    return outcome, -severity_rank(entry), facts.text(entry, "name")
