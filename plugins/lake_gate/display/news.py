"""What is new in a run since the feed's run before, from the entries of its record, for messages and reports. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lake_gate.decision.columns import place_in_words
from lake_gate.decision.policy import Outcome
from lake_gate.model.words import counted

MOST_NEWS = 20
"""Most lines of a run."""
PAST: dict[str, str] = dict(zip(Outcome, ("promoted", "masked", "quarantined", "held"), strict=True))
_FIRST = "This is the first recorded run of the feed: there is nothing to compare it with."


@dataclass(slots=True)
class News:
    """Collects the news of the entries as they pass.

    :param before: run id of the run before; empty without one.
    :param lines: the news of each outcome, the first :data:`MOST_NEWS` of each.
    """

    before: str = ""
    count: int = 0
    lines: dict[str | None, list[str]] = field(default_factory=dict)
    new_tables: list[str] = field(default_factory=list)
    tables: int = 0

    def noted(self, entries: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield the entries unchanged, and keep the news of each."""
        for entry in entries:
            self._note(entry)
            yield entry

    def _note(self, entry: Mapping[str, Any]) -> None:
        before = entry.get("before")
        if before is None:
            self.tables += 1
            self.new_tables += [entry["name"]] if len(self.new_tables) < MOST_NEWS else []
            return
        self.before = self.before or before["run_id"]
        kept = self.lines.setdefault(entry["outcome"], [])
        for news in _news(entry, before):
            self.count += 1
            if len(kept) < MOST_NEWS:
                kept.append(f"- {entry['name']}: {news}")

    def to_lines(self) -> list[str]:
        """Return the lines for the message, the strictest outcome first; none for an empty delivery."""
        if not self.before:
            return [_FIRST] if self.tables else []
        order = (None, Outcome.QUARANTINE, Outcome.HOLD, Outcome.MASK, Outcome.PROMOTE)
        found = [line for outcome in order for line in self.lines.get(outcome, ())]
        found += [f"- {name}: not in the run before" for name in self.new_tables]
        more = self.count + self.tables - len(found[:MOST_NEWS])
        if not found:
            return [f"Nothing is new since run {self.before}."]
        rest = [f"- and {counted(more, 'more change', 'more changes')}"] if more else []
        return [f"New since run {self.before}:", *found[:MOST_NEWS], *rest]


def _news(entry: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    placed = {column["identifier"] for column in before["new_columns"]}
    for column in before["new_columns"]:
        facts = (column["column"], column["index"], column["cells"])
        yield f"{column['identifier']} appears in {place_in_words(*facts, is_capped=column['is_capped'])}"
    for identifier in before["new_identifiers"]:
        if identifier not in placed:
            yield f"{identifier} appears"
    if before["outcome"] != entry["outcome"] and before["outcome"] and entry["outcome"]:
        yield f"{PAST[entry['outcome']]}, was {PAST[before['outcome']]}"
    for identifier in before["gone_identifiers"]:
        yield f"{identifier} no longer appears"
