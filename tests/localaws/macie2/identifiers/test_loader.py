"""The catalogue: complete, and checked when it is loaded."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers import CATALOGUE, CatalogueError
from localaws.macie2.identifiers.dialect import compile_trusted
from localaws.macie2.identifiers.loader import parse_entry
from localaws.macie2.identifiers.model import Category
from scoreboard.data import SPECS, samples_of


def test_catalogue_knows_and_implements_every_documented_identifier() -> None:
    assert len(CATALOGUE) == 166
    assert all(
        identifier == entry.id and entry.source.startswith("https://") for identifier, entry in CATALOGUE.items()
    )
    assert CATALOGUE["POLAND_BANK_ACCOUNT_NUMBER"].category is Category.FINANCIAL_INFORMATION
    assert all(entry.is_implemented for entry in CATALOGUE.values())
    assert {"OPENSSH_PRIVATE_KEY", "SPAIN_NIE_NUMBER", "CREDIT_CARD_NUMBER", "UK_DRIVERS_LICENSE"} <= {
        entry.id for entry in CATALOGUE.values() if entry.recommended
    }
    assert not any(CATALOGUE[id_].recommended for id_ in ("NAME", "ADDRESS", "MEDICAL_DEVICE_UDI", "PHONE_NUMBER"))


TABLE = {"category": "PERSONAL_INFORMATION", "severity": "Low Medium High", "source": "https://docs.aws.amazon.com/"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"keyword": "x"}, "has unknown fields: keyword"),
        ({"category": "OTHER"}, "has no category of the API"),
        ({"severity": "Low"}, "needs three severities"),
        ({"severity": "@steep"}, "names @steep, which the severities of its file do not have"),
        ({"pattern": "a"}, "has a pattern that needs a keyword and no keyword"),
        ({"keywords": "@some", "pattern": "a"}, "names @some, which the lists of its file do not have"),
        ({"unkeyed_pattern": "a"}, "has a pattern for texts without a keyword and no prefilter"),
        ({"check": "is_npi"}, "has a check and no pattern"),
        ({"check": "is_good"}, "names the check is_good, which does not exist"),
        ({"row_rule": "PET"}, "has an unknown row rule"),
        ({"source": ""}, "has no https source"),
    ],
)
def test_entry_that_cannot_be_used_is_refused_by_its_name(changed: dict[str, str], problem: str) -> None:
    with pytest.raises(CatalogueError, match=rf"The identifier A_NUMBER: {problem}"):
        parse_entry({**TABLE, "id": "A_NUMBER", **changed}, {})


def test_keyword_counts_with_and_without_accents_and_with_either_apostrophe() -> None:
    raw = {**TABLE, "id": "A", "keywords": "numéro d'assuré, @more", "pattern": "a"}
    entry = parse_entry(raw, {"lists": {"more": "ehic#"}})
    assert entry.keywords == ("numéro d'assuré", "numéro d’assuré", "numero d'assure", "numero d’assure", "ehic#")


def test_every_pattern_compiles_for_both_engines() -> None:
    for entry in CATALOGUE.values():
        for pattern in filter(None, (entry.pattern, entry.unkeyed_pattern, entry.prefilter)):
            assert not compile_trusted(pattern).may_match_nothing, entry.id


@pytest.mark.parametrize("id_", [entry.id for entry in CATALOGUE.values() if entry.unkeyed_pattern])
def test_whatever_matches_without_a_keyword_passes_the_prefilter(id_: str) -> None:
    entry = CATALOGUE[id_]
    pattern, prefilter = compile_trusted(entry.unkeyed_pattern or ""), compile_trusted(entry.prefilter or "")
    samples = [sample.value for sample in samples_of(next(spec for spec in SPECS if spec.identifier == id_))]
    matching = [value for value in samples if pattern.re2.search(value)]
    assert matching
    assert all(prefilter.re2.search(value) for value in matching)
