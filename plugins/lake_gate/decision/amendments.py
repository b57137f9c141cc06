"""Amendments: stricter decisions that later findings add to a finished run. Pure.

An amendment never loosens a decision. It is written before anything is moved: from then on no marker lists the object,
and no task of the run moves it. The run record shows the amendment once it is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.run import silver_key


def is_stricter(outcome: str, than: str | None) -> bool:
    """Whether an outcome is stricter than another one; every outcome is stricter than None."""
    return than is None or Outcome(outcome).strictness > Outcome(than).strictness


@dataclass(frozen=True, slots=True)
class Amendment:
    """A stricter decision about one landed object.

    :param findings: ids of the findings behind the decision; none when the object is held with its run.
    :param decided_at: time in UTC.
    :param by: run id of ``finding_events``.
    :param silver_version_id: of the copy that the run had promoted; empty without one.
    """

    decision: Decision
    findings: list[str]
    decided_at: str
    by: str
    silver_version_id: str = ""

    @classmethod
    def from_json(cls, line: Any) -> Amendment:
        """Parse a line of an amendment document.

        :raises ValueError: when the line is not an amendment.
        """
        if not isinstance(line, Mapping):
            raise ValueError("not an Amendment: not an object")  # noqa: TRY004 - one error for all damage
        return jsonl.from_dict(cls, {**line, "decision": Decision.from_json(line.get("decision"))})


@dataclass(frozen=True, slots=True)
class Purge:
    """Object whose reviewed version was deleted permanently from quarantine.

    :param version_id: the reviewed version, which the record names.
    :param at: time in UTC.
    :param by: id of the review request.
    """

    name: str
    version_id: str
    at: str
    by: str


@dataclass(slots=True)
class Amendments:
    """All amendments to one run.

    :param made: strictest amendment of each object, by name; carried out or not.
    :param done: strictest amendment of each object that was carried out, by name, with the new place of the object.
    :param purges: objects that were purged, by name.
    """

    made: dict[str, Amendment] = field(default_factory=dict)
    done: dict[str, tuple[Amendment, Moved]] = field(default_factory=dict)
    purges: dict[str, Purge] = field(default_factory=dict)

    def add(self, amendments: Iterable[Amendment], moved: Iterable[Moved]) -> None:
        """Add the amendments of a run of ``finding_events``; of two that are equally strict the first is kept."""
        places = {place.name: place for place in moved}
        for amendment in amendments:
            name, outcome = amendment.decision.name, amendment.decision.outcome
            if name not in self.made or is_stricter(outcome, self.made[name].decision.outcome):
                self.made[name] = amendment
            if name in places and (name not in self.done or is_stricter(outcome, self.done[name][0].decision.outcome)):
                self.done[name] = amendment, places[name]

    def withdrawals(self) -> dict[str, Withdrawal]:
        """Return the objects that no marker of the run may list, by key in silver."""
        return {
            (key := silver_key(amendment.decision.key)): Withdrawal(
                key, amendment.silver_version_id, amendment.decision.reason
            )
            for amendment in self.made.values()
        }

    def apply_to(self, entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the entries of the run record with the amendments that were carried out, and the purges."""
        for entry in entries:
            amended = _amended(entry, *self.done[entry["name"]]) if entry["name"] in self.done else entry
            yield _purged(amended, self.purges.get(entry["name"]))


def merged(first: Iterable[Amendment], second: Iterable[Amendment]) -> list[Amendment]:
    """Return the strictest amendment of each object, in the order of their names."""
    both = Amendments()
    both.add(first, ())
    both.add(second, ())
    return [both.made[name] for name in sorted(both.made)]


_AMENDED_MEMBERS = (
    *("outcome", "reason", "rule", "status_reason", "severity", "findings", "archived_findings", "detections"),
    *("is_version_inferred", "exceptions"),
)


def _amended(entry: dict[str, Any], amendment: Amendment, place: Moved) -> dict[str, Any]:
    return {
        **entry,
        **{name: getattr(amendment.decision, name) for name in _AMENDED_MEMBERS},
        "now": {name: value for name, value in asdict(place).items() if name != "name"},
        "amended": {
            "was": entry["outcome"],
            "findings": amendment.findings,
            "decided_at": amendment.decided_at,
            "by": amendment.by,
        },
    }


def _purged(entry: dict[str, Any], purge: Purge | None) -> dict[str, Any]:
    if purge is None or (entry.get("now") or {}).get("version_id") != purge.version_id:
        return entry
    return {**entry, "purged": {"at": purge.at, "by": purge.by}}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Object that was withdrawn from silver; readers must not use it any longer.

    :param version_id: version in silver; empty when no such version is known.
    :param reason: reason of the amendment.
    """

    key: str
    version_id: str
    reason: str
