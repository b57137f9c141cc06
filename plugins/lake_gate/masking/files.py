"""Mask a landed file: the one function that other packages call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from lake_gate.errors import MaskCheckError, NoMaskingRuleError, RiskTooHighError, UnparsableRowError
from lake_gate.masking.checks import Check
from lake_gate.masking.dialect import HEAD_BYTES, Dialect, find_dialect
from lake_gate.masking.keys import Keys
from lake_gate.masking.masker import mask_stream, unquoted
from lake_gate.masking.plan import Plan, plan_columns
from lake_gate.masking.records import RowError, iter_blocks
from lake_gate.masking.report import Found, MaskReport, Risk
from lake_gate.masking.risk import Groups
from lake_gate.masking.spec import MaskingSpec, Method
from lake_gate.model.manifest import LandedObject


def mask_file(
    source: BinaryIO,
    target: BinaryIO,
    *,
    landed: LandedObject,
    spec: MaskingSpec,
    found: Iterable[Found],
    keys: Keys,
) -> MaskReport:
    """Write the masked copy of a landed file, and check it.

    The same bytes, rules and key give the same copy. Memory is bounded, whatever the size.

    :param source: the landed bytes; seekable.
    :param target: an empty file that can be read, written and sought; what it holds after an error must not be used.
    :param found: the columns of the object in which Macie found something; columns that the spec names do not need it.
    :raises NoMaskingRuleError: when a column has findings, or the spec names the dataset, and there is no rule for it.
    :raises UnparsableRowError: when a row does not have the shape of the table, or a cell not that of its rule.
    :raises MaskCheckError: when the copy fails a check, or the source is not the landed object.
    :raises RiskTooHighError: when a group of rows is smaller than the spec's ``min_k``.
    """
    if spec.key_version != keys.version:
        raise MaskCheckError(landed.name, "its keys are of another version than its spec")
    dialect = _dialect_of(source, landed, spec)
    try:
        plan = plan_columns(landed, _first_row(source, dialect), spec, found)
        mask_stream(source, target, dialect, plan, spec, keys)
    except RowError as error:
        raise UnparsableRowError(landed.name, error.row, error.problem) from None
    return _checked(source, target, landed, dialect, plan, spec, keys)


def _dialect_of(source: BinaryIO, landed: LandedObject, spec: MaskingSpec) -> Dialect:
    source.seek(0)
    if dialect := find_dialect(landed.name, source.read(HEAD_BYTES)):
        return dialect
    raise NoMaskingRuleError(landed.name, spec.name, "only tables of delimited text can be masked")


def _first_row(source: BinaryIO, dialect: Dialect) -> list[str]:
    """Return the cells of the first row, without quotes."""
    try:
        first = next(iter_blocks(source, dialect), None)
    except RowError as error:
        raise RowError(error.row + 1, error.problem) from None
    return [unquoted(cell) for cell in first.rows[0]] if first else [""]


def _checked(
    source: BinaryIO,
    target: BinaryIO,
    landed: LandedObject,
    dialect: Dialect,
    plan: Plan,
    spec: MaskingSpec,
    keys: Keys,
) -> MaskReport:
    """Check the masked copy, and return the report on it."""
    groups = Groups([plan.columns[position].label for position in plan.quasi_identifiers])
    check = Check(landed.name, dialect, plan, spec, groups)
    original, copy = check.compare(source, target)
    if (original.sha256, original.size_bytes) != (landed.sha256, landed.size_bytes):
        raise MaskCheckError(landed.name, "what was masked is not the landed object")
    risk = groups.risk() if plan.quasi_identifiers else None
    _check_risk(landed.name, risk, spec)
    return MaskReport(
        name=landed.name,
        rows=original.rows - (1 if plan.has_header and original.rows else 0),
        columns=len(plan.columns) - len(plan.positions(Method.DROP)),
        size_bytes=copy.size_bytes,
        sha256=copy.sha256,
        methods={column.label: column.rule.method.value for column in plan.columns if column.is_masked},
        positions=[number for number, column in enumerate(plan.columns, 1) if column.is_masked],
        spec=spec.name,
        spec_sha256=spec.sha256,
        key_version=spec.key_version,
        key_fingerprint=keys.fingerprint,
        collisions=check.collisions,
        risk=risk,
    )


def _check_risk(name: str, risk: Risk | None, spec: MaskingSpec) -> None:
    smallest = risk.smallest_group if risk else None
    if spec.min_k and smallest is not None and smallest < spec.min_k:
        raise RiskTooHighError(name, smallest, spec.min_k, spec.name)
