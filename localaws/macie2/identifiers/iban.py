"""The bank accounts by country: from a table of BBAN structures to patterns.

Source: ISO 13616 and its registry (structures); https://docs.aws.amazon.com/macie/latest/user/mdis-reference-financial.html
(IBANs with or without spaces or hyphens).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

_CLASSES = {"n": r"\d", "a": "[A-Z]", "c": "[A-Z0-9]"}
_GROUP = 4
# Matches any IBAN: one pass for all countries.
ANY_IBAN = r"\b[A-Z]{2}\d{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{3}"


def iban_pattern(country: str, structure: str) -> str:
    """Write the pattern of a country's IBANs, in one or in groups of four.

    :param structure: of the BBAN, like ``10n11c2n``.
    """
    parts = re.findall(r"(\d+)([nac])", structure)
    classes = [_CLASSES[kind] for count, kind in parts for _ in range(int(count))]
    groups = [classes[at : at + _GROUP] for at in range(0, len(classes), _GROUP)]
    written = "".join(f"[ -]?{_run(group)}" for group in groups)
    return rf"\b{country}\d{{2}}{written}\b"


def _run(classes: list[str]) -> str:
    runs = ((kind, sum(1 for _ in same)) for kind, same in groupby(classes))
    return "".join(kind if count == 1 else f"{kind}{{{count}}}" for kind, count in runs)


def bank_entries(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one entry per country of ``bank_accounts.toml``."""
    for name, text in document["iban"].items():
        country, structure = text.split()
        iban = iban_pattern(country, structure)
        national = document["bban"].get(name)
        entry = {"id": f"{name}_BANK_ACCOUNT_NUMBER", "unkeyed_pattern": iban, "prefilter": ANY_IBAN}
        if national is None:
            yield {**entry, "check": "is_iban"}
        else:
            rule = f"{document['defaults']['rule']}; with a keyword also {national['rule']}"
            yield {**entry, **national, "pattern": f"{iban}|{national['pattern']}", "rule": rule}
