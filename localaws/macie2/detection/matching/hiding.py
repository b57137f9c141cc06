"""Which match hides another one inside of it.

A match that needs no keyword and has none is hidden by any longer match around it: of the digits in a UDI, some are a
card number by chance. One that a keyword stands for is hidden only by a longer match of its own kind (a bank account
number in an IBAN), or by one that is as severe and whose keyword is nearer: a country code before a social security
number makes no phone number of it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from localaws.macie2.detection.matching.nested import Hit
from localaws.macie2.identifiers.matching import ManagedProbe
from localaws.macie2.identifiers.model import Category


@dataclass(frozen=True, slots=True)
class Hiding:
    """The matches in one text.

    :param containers: identifiers whose matches may hold values of their own, so that they hide nothing.
    :param is_open: the probes that are open in the text.
    """

    probes: Mapping[str, ManagedProbe]
    containers: Container[str]
    text: str
    is_open: frozenset[str]

    def may_hide(self, outer: Hit, inner: Hit) -> bool:
        """Return whether a match hides another one inside of it."""
        if outer[0] in self.containers:
            return False
        distance = self._distance(inner)
        if distance is None:
            return True
        probes = self.probes[outer[0]], self.probes[inner[0]]
        severities = [probe.severity_of(1).score for probe in probes]
        if severities[0] < severities[1]:
            return False
        other = self._distance(outer)
        return _are_alike(*probes) or (other is not None and other < distance)

    def _distance(self, hit: Hit) -> int | None:
        identifier, span = hit
        return self.probes[identifier].keyword_distance(self.text, *span, is_open=identifier in self.is_open)


def _are_alike(outer: ManagedProbe, inner: ManagedProbe) -> bool:
    return outer.id.split("_")[-2:] == inner.id.split("_")[-2:] or (
        outer.category is inner.category is Category.FINANCIAL_INFORMATION
    )
