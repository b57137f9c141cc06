"""The catalogue of managed identifiers as data: ``catalogue/*.toml``, read and checked once.

An entry's ``@name`` stands for a list, pattern or severity of its file. Every keyword with accents also counts without
them, and an apostrophe in either form.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from localaws.macie2.identifiers.checks import CHECKS
from localaws.macie2.identifiers.iban import bank_entries
from localaws.macie2.identifiers.model import Bands, Category, ManagedIdentifier, Severity, words

_FOLDER = Path(__file__).with_name("catalogue")
_FILES = ("credentials", "financial", "health", "personal")
_ROW_RULES = ("NAME", "ADDRESS")
_FIELDS = frozenset(
    words("""
    id category recommended severity keywords pattern unkeyed_pattern prefilter check row_rule is_container source rule
    """)
)


class CatalogueError(ValueError):
    """An invalid entry of the catalogue; the message names it and the problem."""

    def __init__(self, entry: str, problem: str) -> None:
        super().__init__(entry, problem)
        self.entry, self.problem = entry, problem

    def __str__(self) -> str:
        return f"The identifier {self.entry}: {self.problem}."


def load_catalogue(folder: Path = _FOLDER) -> Mapping[str, ManagedIdentifier]:
    """Read all entries, sorted by their ids.

    :raises CatalogueError: when an entry is incomplete, contradicts itself, or names something that does not exist.
    """
    found: dict[str, ManagedIdentifier] = {}
    for entry in _entries(folder):
        if entry.id in found:
            raise CatalogueError(entry.id, "is there twice")
        found[entry.id] = entry
    return MappingProxyType(dict(sorted(found.items())))


def _entries(folder: Path) -> Iterator[ManagedIdentifier]:
    for name in _FILES:
        document = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for raw in document["identifier"]:
            yield parse_entry({**document["defaults"], **raw}, document)
    banks = tomllib.loads((folder / "bank_accounts.toml").read_text(encoding="utf-8"))
    for raw in bank_entries(banks):
        yield parse_entry({**banks["defaults"], **raw}, banks)


def parse_entry(raw: Mapping[str, Any], document: Mapping[str, Any]) -> ManagedIdentifier:
    """Parse an entry of the catalogue.

    :param document: the file, with the ``lists``, ``patterns`` and ``severities`` that ``@name`` stands for.
    :raises CatalogueError: naming the entry.
    """
    id_ = str(raw.get("id", "without an id"))
    unknown = sorted(raw.keys() - _FIELDS)
    if unknown:
        raise CatalogueError(id_, f"has unknown fields: {', '.join(unknown)}")
    entry = ManagedIdentifier(
        id=id_,
        category=_category(id_, raw),
        recommended=bool(raw.get("recommended", False)),
        severity=_bands(id_, _named(id_, raw.get("severity"), document, "severities") or ""),
        keywords=_keywords(id_, raw.get("keywords", ""), document),
        pattern=_named(id_, raw.get("pattern"), document, "patterns"),
        unkeyed_pattern=_named(id_, raw.get("unkeyed_pattern"), document, "patterns"),
        check=_check(id_, raw.get("check")),
        row_rule=raw.get("row_rule"),
        source=str(raw.get("source", "")),
        rule=str(raw.get("rule", "")),
        prefilter=_named(id_, raw.get("prefilter"), document, "patterns"),
        is_container=bool(raw.get("is_container", False)),
    )
    _refuse_contradictions(entry)
    return entry


def _refuse_contradictions(entry: ManagedIdentifier) -> None:
    problems = {
        "has no https source": not entry.source.startswith("https://"),
        "has a pattern that needs a keyword and no keyword": bool(entry.pattern) and not entry.keywords,
        "has a pattern for texts without a keyword and no prefilter": bool(entry.unkeyed_pattern)
        and not entry.prefilter,
        "has a check and no pattern": entry.check is not None and not (entry.pattern or entry.unkeyed_pattern),
        "has an unknown row rule": entry.row_rule is not None and entry.row_rule not in _ROW_RULES,
    }
    for problem, is_so in problems.items():
        if is_so:
            raise CatalogueError(entry.id, problem)


def _named(id_: str, text: str | None, document: Mapping[str, Any], table: str) -> str | None:
    if text is None or not text.startswith("@"):
        return text
    found = document.get(table, {}).get(text[1:])
    if found is None:
        raise CatalogueError(id_, f"names {text}, which the {table} of its file do not have")
    return str(found)


def _category(id_: str, raw: Mapping[str, Any]) -> Category:
    try:
        return Category(raw.get("category", ""))
    except ValueError:
        raise CatalogueError(id_, "has no category of the API") from None


def _bands(id_: str, text: str) -> Bands:
    try:
        single, some, many = map(Severity, text.split())
    except ValueError:
        raise CatalogueError(id_, "needs three severities: of 1, of 2 to 99, of 100 or more occurrences") from None
    return Bands(single, some, many)


def _check(id_: str, name: str | None) -> Any:
    if name is not None and name not in CHECKS:
        raise CatalogueError(id_, f"names the check {name}, which does not exist")
    return None if name is None else CHECKS[name]


def _keywords(id_: str, text: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for part in filter(None, (" ".join(word.split()) for word in text.split(","))):
        if part.startswith("@"):
            named = _named(id_, part, document, "lists") or ""
            found.update(dict.fromkeys(_keywords(id_, named, document)))
        else:
            found.update(dict.fromkeys(_spellings(part)))
    return tuple(found)


def _spellings(keyword: str) -> Iterator[str]:
    straight = keyword.replace("’", "'")
    plain = "".join(char for char in unicodedata.normalize("NFKD", straight) if not unicodedata.combining(char))
    for spelling in (straight, plain if plain.isascii() else straight):
        yield spelling
        yield spelling.replace("'", "’")
