"""Checks of matched texts beyond their shape: check digits, issuers, calendars.

AWS publishes that cards need Luhn and a known issuer, IBANs mod 97, SUBE cards Luhn, and some examples that do not
count; all other checks follow the issuers' published rules. The catalogue names a check by its function's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import getmembers, isfunction
from types import MappingProxyType, ModuleType

from localaws.macie2.identifiers.checks import (
    americas,
    asia,
    banks,
    cards,
    credentials,
    dates,
    europe,
    france,
    germany,
    health,
    iberia_italy,
    licences,
    phones,
    places,
    united_kingdom,
    united_states,
)

type Check = Callable[[str], bool]


def _of(module: ModuleType) -> dict[str, Check]:
    return {name: check for name, check in getmembers(module, isfunction) if name.startswith("is_")}


CHECKS: Mapping[str, Check] = MappingProxyType(
    _of(americas)
    | _of(asia)
    | _of(banks)
    | _of(cards)
    | _of(credentials)
    | _of(dates)
    | _of(europe)
    | _of(france)
    | _of(germany)
    | _of(health)
    | _of(iberia_italy)
    | _of(licences)
    | _of(phones)
    | _of(places)
    | _of(united_kingdom)
    | _of(united_states)
)

__all__ = ["CHECKS", "Check"]
