"""How strict the gate is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lake_gate.evidence import Severity


class Promotion(StrEnum):
    """What one object that may not be promoted means for the others of its run."""

    EACH_BY_ITSELF = "each by itself"
    ALL_OR_NOTHING = "all or nothing"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one run.

    :param quarantine_threshold: objects with a finding of this severity or above are quarantined.
    :param promotion: whether objects are promoted one by one, or the run as a whole.
    """

    quarantine_threshold: Severity = Severity.HIGH
    promotion: Promotion = Promotion.EACH_BY_ITSELF
