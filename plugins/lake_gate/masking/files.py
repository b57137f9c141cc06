"""Mask a landed file: the one function that other packages call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from lake_gate.masking.keys import Keys
from lake_gate.masking.report import Found, MaskReport
from lake_gate.masking.spec import MaskingSpec
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
    raise NotImplementedError
