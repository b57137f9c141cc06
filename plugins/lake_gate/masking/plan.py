"""Choose the rule for each column of a table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lake_gate.errors import NoMaskingRuleError
from lake_gate.masking.report import Found
from lake_gate.masking.spec import DatasetSpec, MaskingSpec, Method, Rule
from lake_gate.model.manifest import LandedObject, dataset_of

_NOT_NAMED = Rule(Method.KEEP, "Macie found nothing in it, and the spec does not name its dataset")


@dataclass(frozen=True, slots=True)
class Column:
    """Column with its rule.

    :param label: its name if it is known to be one, else ``#4``.
    :param by: position of the column that identifies the patient, from 0 (``date_shift``).
    """

    label: str
    rule: Rule
    by: int = -1

    @property
    def is_masked(self) -> bool:
        """Whether its cells are changed or left out."""
        return self.rule.method is not Method.KEEP


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done with each column of a table.

    :param has_header: the first row has names, not values.
    :param quasi_identifiers: positions, from 0.
    """

    has_header: bool
    columns: tuple[Column, ...]
    quasi_identifiers: tuple[int, ...] = ()

    def positions(self, *methods: Method) -> list[int]:
        """Return the positions of the columns with one of these methods."""
        return [position for position, column in enumerate(self.columns) if column.rule.method in methods]


def plan_columns(landed: LandedObject, first: Sequence[str], spec: MaskingSpec, found: Iterable[Found]) -> Plan:
    """Return the plan for a table.

    :param first: cells of the first row, without quotes.
    :param found: columns of the object in which Macie found something.
    :raises NoMaskingRuleError: when a column needs a rule and has none.
    """
    return _Planner(landed, first, spec).plan(found)


class _Planner:
    def __init__(self, landed: LandedObject, first: Sequence[str], spec: MaskingSpec) -> None:
        self._file, self._spec = landed.name, spec
        self._dataset = spec.datasets.get(dataset_of(landed.name))
        rules = self._dataset.columns if self._dataset else {}
        lower = [cell.strip().lower() for cell in first]
        if landed.header and len(landed.header) != len(first):
            raise self._error("its first row is not the header that was found when it was landed")
        self._has_header = bool(landed.header) or all(name in rules for name in lower)
        self._names = lower if self._has_header else [""] * len(first)
        known = landed.header or [""] * len(first)
        self._labels = [
            cell.strip() if self._has_header and (header or name in rules) else f"#{number}"
            for number, (cell, name, header) in enumerate(zip(first, lower, known, strict=True), 1)
        ]

    def plan(self, found: Iterable[Found]) -> Plan:
        if self._dataset and not self._has_header:
            raise self._error("its header is not known")
        identifiers: dict[int, set[str]] = {}
        for item in found:
            for position in self._positions(item):
                identifiers.setdefault(position, set()).add(item.identifier)
        rules = [self._rule(position, identifiers.get(position, set())) for position in range(len(self._names))]
        if missing := [label for label, rule in zip(self._labels, rules, strict=True) if rule is None]:
            raise self._error(f"{len(missing)} column(s) need one", missing)
        if unknown := self._unknown_names(rules):
            raise self._error("the first cell of a column to be masked may be a value, not its name", unknown)
        if all(rule and rule.method is Method.DROP for rule in rules):
            raise self._error("no column would be left")
        columns = [
            Column(label, rule, self._by(label, rule)) for label, rule in zip(self._labels, rules, strict=True) if rule
        ]
        return Plan(self._has_header, tuple(columns), self._quasi_identifiers(self._dataset, columns))

    def _unknown_names(self, rules: Iterable[Rule | None]) -> list[str]:
        """Return the labels of columns that are to be masked, and whose names are not known to be names.

        The first row is copied as it is, except in columns that are left out.
        """
        labels = zip(self._labels, rules, strict=True) if self._has_header else ()
        copied = (Method.KEEP, Method.DROP)
        return [label for label, rule in labels if label.startswith("#") and rule and rule.method not in copied]

    def _positions(self, found: Found) -> list[int]:
        """Return the columns of a detection."""
        if found.column is None and found.index is None:
            raise self._error("Macie did not say in which column it found something")
        name = (found.column or "").strip().lower()
        named = [position for position, each in enumerate(self._names) if each == name and name]
        if found.index is None:
            positions = named
        elif name and found.index - 1 not in named:
            positions = []
        else:
            positions = [found.index - 1] if 0 < found.index <= len(self._names) else []
        if not positions:
            raise self._error("Macie found something in a column that the table does not have")
        return positions

    def _rule(self, position: int, identifiers: Iterable[str]) -> Rule | None:
        """Return the rule of a column; None if it needs one and has none."""
        if self._dataset and (rule := self._dataset.columns.get(self._names[position])):
            return rule
        rules = [self._spec.rule_for(identifier) for identifier in sorted(identifiers)]
        if not rules:
            return None if self._dataset else _NOT_NAMED
        given = [rule for rule in rules if rule]
        return max(given, key=lambda rule: rule.method.strictness) if len(given) == len(rules) else None

    def _by(self, label: str, rule: Rule) -> int:
        if rule.method is not Method.DATE_SHIFT:
            return -1
        if rule.by not in self._names:
            raise self._error("the column that identifies the patient is missing, so dates cannot be shifted", [label])
        return self._names.index(rule.by)

    def _quasi_identifiers(self, dataset: DatasetSpec | None, columns: Sequence[Column]) -> tuple[int, ...]:
        names = dataset.quasi_identifiers if dataset else ()
        return tuple(
            position
            for position, name in enumerate(self._names)
            if name in names and columns[position].rule.method is not Method.DROP
        )

    def _error(self, problem: str, columns: Sequence[str] = ()) -> NoMaskingRuleError:
        return NoMaskingRuleError(self._file, self._spec.name, problem, columns)
