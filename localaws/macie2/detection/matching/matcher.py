"""All identifiers of a job at once, against many values.

Every pass over the values costs about the same whatever it looks for, so there are few: one for the probes that are
open, one each for all keywords and for all patterns that need none. Candidates are checked value by value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache

import polars as pl

from localaws.macie2.detection.matching.any_of import AnyOf, having
from localaws.macie2.detection.matching.hiding import Hiding
from localaws.macie2.detection.matching.nested import Spans, without_nested
from localaws.macie2.identifiers import CustomIdentifier, ManagedIdentifier, addresses, names
from localaws.macie2.identifiers.dialect import Regex
from localaws.macie2.identifiers.keywords import KeywordIndex
from localaws.macie2.identifiers.matching import CustomProbe, ManagedProbe, Probe
from localaws.macie2.identifiers.names import ColumnKind

type Hits = dict[str, dict[str, int]]

#: The column that the masks are about.
VALUE = "value"

_NOTHING: frozenset[str] = frozenset()
_LONGEST_NAME = 300
_REMEMBERED = 4096


class Matcher:
    """The compiled identifiers of a job.

    :param allowed: texts that do not count as matches.
    """

    def __init__(
        self,
        managed: Sequence[ManagedIdentifier],
        custom: Sequence[CustomIdentifier],
        allowed: Container[str] = (),
    ) -> None:
        self._allowed = allowed
        chosen = [identifier for identifier in managed if identifier.pattern or identifier.unkeyed_pattern]
        self._managed = {identifier.id: ManagedProbe(identifier, allowed) for identifier in chosen}
        self.probes: dict[str, Probe] = {**self._managed}
        self._containers = frozenset(identifier.id for identifier in chosen if identifier.is_container)
        self.custom = {identifier.id: CustomProbe(identifier, allowed) for identifier in custom}
        self.probes |= self.custom
        # A custom identifier without keywords is open everywhere.
        self.always = frozenset(probe.id for probe in self.custom.values() if not probe.keywords)
        self.keywords = KeywordIndex({probe.id: probe.keywords for probe in self.probes.values() if probe.keyed})
        self.unkeyed_probes = tuple(probe for probe in self.probes.values() if probe.unkeyed)
        self.unkeyed = AnyOf(probe.unkeyed for probe in self.unkeyed_probes if probe.unkeyed)
        self._by_sign: dict[Regex, list[Probe]] = {}
        for probe in self.unkeyed_probes:
            if probe.sign:
                self._by_sign.setdefault(probe.sign, []).append(probe)
        self._sign = AnyOf([self.keywords.sign] if self.keywords.sign else [])
        self._keyed = AnyOf(probe.keyed for probe in self.probes.values() if probe.keyed and probe.keywords)
        # A name that has no keyword of the patterns can have one of an identifier with none but unkeyed ones.
        self._names = KeywordIndex({probe.id: probe.keywords for probe in self.probes.values()})
        self._opened_by = lru_cache(maxsize=_REMEMBERED)(self._names.ids_in)
        self._is_sensitive = lru_cache(maxsize=_REMEMBERED)(self._holds_any)

    def opened_by(self, name: str) -> frozenset[str]:
        """Return which probes the name of a column, or of an element on a path, opens."""
        if len(name) > _LONGEST_NAME:
            return self._names.ids_in(name)
        return self._opened_by(name)

    def is_pair(self, name: str, value: str) -> bool:
        """Return whether a value holds a match of a probe that the name before it opens."""
        return any(
            any(True for _ in self.probes[identifier].spans(value, is_open=True)) for identifier in self.opened_by(name)
        )

    def hits(self, values: pl.Series, is_open: frozenset[str]) -> Hits:
        """Count the matches of every probe in every value that has any.

        :param values: no nulls; a value that is there twice counts once.
        :param is_open: the probes that are open in these values.
        """
        may_be_near, may_be_alone = (values.filter(mask) for mask in values.to_frame(VALUE).select(*self.masks()))
        return self.hits_with_signs(values, may_be_near, may_be_alone, is_open)

    def masks(self) -> tuple[pl.Expr, pl.Expr]:
        """Return expressions over a column :data:`VALUE`: is there a keyword, perhaps; a match that needs none."""
        return (
            pl.any_horizontal(self._sign.expressions(VALUE)).alias("near"),
            pl.any_horizontal(self.unkeyed.expressions(VALUE)).alias("alone"),
        )

    def hits_with_signs(
        self, values: pl.Series, may_be_near: pl.Series, may_be_alone: pl.Series, is_open: frozenset[str]
    ) -> Hits:
        """Count as :meth:`hits` does, given the values for which its masks hold."""
        found: Hits = {}
        for identifier in self.always | is_open:
            if counts := self._count_open(self.probes[identifier], values):
                found[identifier] = counts
        for value, probes in self._candidates(may_be_near, may_be_alone, is_open):
            for probe in probes:
                if count := sum(1 for _ in probe.spans(value, is_open=False)):
                    found.setdefault(probe.id, {})[value] = count
        self._drop_nested(found, is_open)
        return found

    def spans(self, identifier: str, text: str, is_open: frozenset[str]) -> list[tuple[int, int]]:
        """Return where in a value the matches are that :meth:`hits` counts."""
        ids = self._managed if identifier in self._managed else [identifier]
        spans = {name: list(self.probes[name].spans(text, is_open=name in is_open)) for name in ids}
        return list(self.outermost(text, spans, is_open)[identifier])

    def outermost(self, text: str, spans: Spans, is_open: frozenset[str] = _NOTHING) -> Spans:
        """Return the spans in a text without hidden ones; custom identifiers neither hide nor are hidden."""
        managed = {identifier: found for identifier, found in spans.items() if identifier in self._managed}
        hiding = Hiding(self._managed, self._containers, text, is_open)
        return {**spans, **without_nested(managed, hiding.may_hide)}

    def _drop_nested(self, found: Hits, is_open: frozenset[str]) -> None:
        managed = [identifier for identifier in found if identifier in self._managed]
        hits = Counter(value for identifier in managed for value in found[identifier]) if len(managed) > 1 else {}
        for value in (value for value, count in hits.items() if count > 1):
            ids = [identifier for identifier in managed if value in found[identifier]]
            spans = {name: list(self.probes[name].spans(value, is_open=name in is_open)) for name in ids}
            for identifier, kept in self.outermost(value, spans, is_open).items():
                found[identifier][value] = len(kept)
                if not kept:
                    del found[identifier][value]
        for identifier in [identifier for identifier in managed if not found[identifier]]:
            del found[identifier]

    def not_allowed(self, text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield the spans that are not allowed texts."""
        return (span for span in spans if text[slice(*span)] not in self._allowed)

    def is_sensitive(self, name: str) -> bool:
        """Return whether the name of a column or an element is sensitive data itself."""
        return self._holds_any(name) if len(name) > _LONGEST_NAME else self._is_sensitive(name)

    def _holds_any(self, text: str) -> bool:
        spans = (names.iter_names(text, ColumnKind.NEUTRAL), addresses.iter_addresses(text))
        return any(any(True for _ in some) for some in spans) or bool(self.hits(pl.Series([text]), _NOTHING))

    def _count_open(self, probe: Probe, values: pl.Series) -> dict[str, int]:
        if probe.keyed is None:
            return {}
        if isinstance(probe, CustomProbe) and probe.counts_every_match:
            found = values.str.count_matches(probe.regex.rust)
            return dict(zip(values.filter(found > 0), found.filter(found > 0), strict=True))
        hits = having(values, probe.keyed)
        counts = ((value, sum(1 for _ in probe.spans(value, is_open=True))) for value in hits)
        return {value: count for value, count in counts if count}

    def _candidates(
        self, may_be_near: pl.Series, may_be_alone: pl.Series, is_open: frozenset[str]
    ) -> Iterator[tuple[str, Iterable[Probe]]]:
        """Yield values that may hold a match of probes which are not open, with these probes."""
        for value in self._keyed.having(may_be_near):
            ids = self.keywords.ids_in(value) - is_open - self.always
            yield value, [self.probes[identifier] for identifier in ids]
        for sign, probes in self._by_sign.items() if not may_be_alone.is_empty() else ():
            alike = having(may_be_alone, sign)
            for probe in probes if not alike.is_empty() else ():
                if probe.id not in is_open and probe.unkeyed:
                    yield from ((value, (probe,)) for value in having(alike, probe.unkeyed))
