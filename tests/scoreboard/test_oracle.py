"""A third source for the check digits: python-stdnum judges the scoreboard's values and agrees with the catalogue."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from localaws.macie2.identifiers.checks import CHECKS
from scoreboard import (
    specs_americas,
    specs_asia,
    specs_banks,
    specs_cards,
    specs_europe,
    specs_health,
    specs_iberia_italy,
    specs_latin_america,
)
from scoreboard.arithmetic import digits, iban, luhn, verhoeff
from scoreboard.sample import Maker, shaped

pytest.importorskip("stdnum")

BANKS = Path(__file__).resolve().parents[2] / "localaws/macie2/identifiers/catalogue/bank_accounts.toml"

# The check, the module of stdnum that knows the same number, a maker of valid values, a shape of any values.
CASES: list[tuple[str, str, Maker, str]] = [
    ("is_nhs_number", "gb.nhs", specs_health._nhs, "##########"),
    ("is_british_tax_number", "gb.utr", specs_europe._utr, "##########"),
    ("is_social_insurance_number", "ca.sin", specs_americas._sin, "1########"),
    ("is_german_tax_number", "de.idnr", specs_europe._steuer_id, "1##########"),
    ("is_nir", "fr.nir", specs_health.nir, "1840#76######19"),
    ("is_french_tax_number", "fr.nif", specs_europe._spi, "0############"),
    ("is_dni", "es.dni", specs_iberia_italy._dni, "########@"),
    ("is_nie", "es.nie", specs_iberia_italy._nie, "X#######@"),
    ("is_cif", "es.cif", specs_iberia_italy._cif, "B########"),
    ("is_italian_tax_code", "it.codicefiscale", specs_iberia_italy._codice, "RCCMNL83S18D969@"),
    ("is_tax_file_number", "au.tfn", specs_asia._tfn, "#########"),
    ("is_aadhaar", "in_.aadhaar", specs_asia._aadhaar, "2###########"),
    ("is_cpf", "br.cpf", specs_latin_america._cpf, "###########"),
    ("is_cnpj", "br.cnpj", specs_latin_america._cnpj, "########0001##"),
    ("is_argentine_person", "ar.cuit", specs_latin_america._cuit("20", "23", "27"), "20#########"),
    ("is_rut", "cl.rut", specs_latin_america._rut, "1########"),
    ("is_colombian_organization", "co.nit", specs_latin_america._nit("89", 9, 9), "8#########"),
    ("is_curp", "mx.curp", specs_latin_america._curp, "BOXW310820HNERXN0#"),
    ("is_spanish_account", "es.ccc", specs_banks._spanish, "####################"),
    ("is_social_security_number", "us.ssn", specs_americas._ssn, "###-##-####"),
    ("is_iban", "iban", lambda rng: iban("DE", digits(rng, 18)), "DE####################"),
    ("is_card_number", "luhn", specs_cards._plain_card, "4###############"),
    (
        "is_swedish_identity_number",
        "se.personnummer",
        lambda rng: luhn(f"8507{rng.randrange(10, 28)}{digits(rng, 3)}"),
        "850709####",
    ),
]


# Where the catalogue refuses more than stdnum: examples, runs of one digit, unknown issuers, check digits 00 and 01.
_STRICTER = {"luhn", "ca.sin", "us.ssn", "fr.nif", "es.dni", "gb.utr", "iban"}


def _is_valid(module: str, value: str) -> bool:
    value = value.replace(" ", "-") if module == "us.ssn" else value
    return bool(import_module(f"stdnum.{module}").is_valid(value))


@pytest.mark.parametrize(("check", "module", "maker", "template"), CASES, ids=[case[1] for case in CASES])
def test_valid_values_are_valid_for_all_three(check: str, module: str, maker: Maker, template: str) -> None:
    rng = Random(5)
    for value in [maker(rng) for _ in range(300)]:
        assert CHECKS[check](value), value
        assert _is_valid(module, value), value


@pytest.mark.parametrize(("check", "module", "maker", "template"), CASES, ids=[case[1] for case in CASES])
def test_catalogue_and_stdnum_agree_on_any_value(check: str, module: str, maker: Maker, template: str) -> None:
    rng = Random(7)
    for value in [shaped(rng, template) for _ in range(3000)]:
        if CHECKS[check](value):
            assert _is_valid(module, value), value
        elif module not in _STRICTER:
            assert not _is_valid(module, value), value


def test_verhoeff_of_the_generator_is_that_of_stdnum() -> None:
    rng = Random(3)
    assert all(_is_valid("verhoeff", verhoeff(digits(rng, 11))) for _ in range(200))


def _structure(text: str) -> str:
    """Write ``2!a22!n`` and ``2a22n`` alike, one letter per character."""
    return "".join(kind * int(count) for count, kind in re.findall(r"(\d+)!?([nac])", text))


def test_structure_of_every_country_s_iban_is_that_of_the_registry() -> None:
    import_module("stdnum.iban")
    registry = import_module("stdnum.numdb").get("iban")
    table = tomllib.loads(BANKS.read_text())["iban"]
    known = {name: registry.info(text.split()[0])[0][1].get("bban", "") for name, text in table.items()}
    # Senegal has IBANs, but is not in the registry.
    assert {name for name, structure in known.items() if not structure} == {"SENEGAL"}
    ours = {name: _structure(text.split()[1]) for name, text in table.items() if known[name]}
    assert ours == {name: _structure(structure) for name, structure in known.items() if structure}


def test_registry_s_example_ibans_are_valid_for_stdnum() -> None:
    examples = [line.split()[1] for line in specs_banks._EXAMPLES.split("\n") if line]
    assert [value for value in examples if not _is_valid("iban", value)] == ["SN08SN0100152000048500003035"]
