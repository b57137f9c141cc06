"""What later findings make of the decisions of a run that is over: stricter ones, laid over the first. Pure.

An amendment never loosens. It is written down before anything is moved: from then on no marker lists the object, and no
task of the run touches it. Once it is carried out, the run record says what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved

_STRICTNESS = {Outcome.PROMOTE: 0, Outcome.HOLD: 1, Outcome.QUARANTINE: 2}


def is_stricter(outcome: str, than: str | None) -> bool:
    """Whether an outcome lets less through than another one; None lets everything through."""
    return than is None or _STRICTNESS[Outcome(outcome)] > _STRICTNESS[Outcome(than)]


@dataclass(frozen=True, slots=True)
class Amendment:
    """A stricter decision about one landed object.

    :param findings: ids of the findings that it rests on; none when the object is held with its run.
    :param decided_at: time in UTC.
    :param by: run id of ``finding_events``.
    :param silver_version_id: of the copy that the run had promoted; empty when there was none.
    """

    decision: Decision
    findings: list[str]
    decided_at: str
    by: str
    silver_version_id: str = ""

    @classmethod
    def from_json(cls, line: Any) -> Amendment:
        """Read a line of an amendment document.

        :raises ValueError: when it is something else.
        """
        if not isinstance(line, Mapping):
            raise ValueError("not an Amendment: not an object")  # noqa: TRY004 - one error for all that is damaged
        return jsonl.from_dict(cls, {**line, "decision": Decision.from_json(line.get("decision"))})


@dataclass(slots=True)
class Amendments:
    """All amendments to one run.

    :param made: the strictest of each object, by name; carried out or not.
    :param done: the strictest of each object that was carried out, and where that has put it.
    """

    made: dict[str, Amendment] = field(default_factory=dict)
    done: dict[str, tuple[Amendment, Moved]] = field(default_factory=dict)

    def add(self, amendments: Iterable[Amendment], moved: Iterable[Moved]) -> None:
        """Add those of one run of ``finding_events``; of two that are equally strict the first stands."""
        place_of = {one.name: one for one in moved}
        for one in amendments:
            name, outcome = one.decision.name, one.decision.outcome
            if name not in self.made or is_stricter(outcome, self.made[name].decision.outcome):
                self.made[name] = one
            if name in place_of and (
                name not in self.done or is_stricter(outcome, self.done[name][0].decision.outcome)
            ):
                self.done[name] = one, place_of[name]

    def withdrawals(self) -> dict[str, Withdrawal]:
        """Return what no marker of the run may list, by key."""
        return {
            one.decision.key: Withdrawal(one.decision.key, one.silver_version_id, one.decision.reason)
            for one in self.made.values()
        }

    def laid_over(self, entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the entries of the run record, amended where that was carried out."""
        for entry in entries:
            yield _amended(entry, *self.done[entry["name"]]) if entry["name"] in self.done else entry


def merged(first: Iterable[Amendment], second: Iterable[Amendment]) -> list[Amendment]:
    """Return the strictest amendment of each object, in the order of their names."""
    both = Amendments()
    both.add(first, ())
    both.add(second, ())
    return [both.made[name] for name in sorted(both.made)]


_OF_DECISION = (
    *("outcome", "reason", "rule", "status_reason", "severity", "findings", "archived_findings", "detections"),
    "is_version_inferred",
)


def _amended(entry: dict[str, Any], amendment: Amendment, place: Moved) -> dict[str, Any]:
    return {
        **entry,
        **{name: getattr(amendment.decision, name) for name in _OF_DECISION},
        "now": {name: value for name, value in asdict(place).items() if name != "name"},
        "amended": {
            "was": entry["outcome"],
            "findings": amendment.findings,
            "decided_at": amendment.decided_at,
            "by": amendment.by,
        },
    }


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why readers are not to trust an object any more.

    :param version_id: the version in silver; empty when it had none, as far as is known.
    """

    key: str
    version_id: str
    reason: str
