"""Near misses of the managed identifiers: check digits, look-alikes, keywords, word boundaries."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers import CATALOGUE, DIFFERENCES, CatalogueError
from localaws.macie2.identifiers.dialect import compile_trusted
from localaws.macie2.identifiers.iban import iban_pattern
from localaws.macie2.identifiers.loader import parse_entry
from localaws.macie2.identifiers.model import Category, Severity
from scoreboard.data import SPECS, samples_of
from tests.localaws.macie2.detection.helpers import counts, scan_text

SECRET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123"


def count(identifier: str, column: str, value: str) -> int:
    """Count the hits in one quoted cell of a column, next to another column."""
    cell = value.replace('"', '""')
    return counts(scan_text(f'id,{column}\n1,"{cell}"\n', managed=identifier)).get(identifier, 0)


@pytest.mark.parametrize(
    ("identifier", "column", "value", "expected"),
    [
        ("CREDIT_CARD_NUMBER", "card", "4539578763621486", 1),
        ("CREDIT_CARD_NUMBER", "credit_card", "4539 5787 6362 1486", 1),
        ("CREDIT_CARD_NUMBER", "creditcard", "4539-5787-6362-1486", 1),
        ("CREDIT_CARD_NUMBER", "card", "4539578763621487", 0),
        ("CREDIT_CARD_NUMBER", "card", "4111111111111111", 0),
        ("CREDIT_CARD_NUMBER", "card", "9999999999999995", 0),
        ("CREDIT_CARD_NUMBER", "number", "4539578763621486", 0),
        ("CREDIT_CARD_NUMBER", "number", "visa 4539578763621486", 1),
        ("CREDIT_CARD_NUMBER", "number", "visa" + " " * 31 + "4539578763621486", 0),
        ("CREDIT_CARD_NUMBER", "card", "0.4539578763621486", 0),
        ("CREDIT_CARD_NUMBER", "card", "a4539578763621486", 0),
        ("CREDIT_CARD_NUMBER_(NO_KEYWORD)", "number", "4539578763621486", 1),
        ("CREDIT_CARD_NUMBER_(NO_KEYWORD)", "number", "visa 4539578763621486", 0),
        ("CREDIT_CARD_NUMBER_(NO_KEYWORD)", "card", "4539578763621486", 0),
        ("CREDIT_CARD_SECURITY_CODE", "cvc", "123", 1),
        ("CREDIT_CARD_SECURITY_CODE", "cc_cvc", "123", 0),
        ("BANK_ACCOUNT_NUMBER", "bank_account", "123456789", 1),
        ("BANK_ACCOUNT_NUMBER", "bank-account", "12345678", 0),
        ("BANK_ACCOUNT_NUMBER", "account", "123456789", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "078-05-1120", 1),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "078051120", 1),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "999-76-6866", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "000-05-1120", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "666-05-1120", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "078-00-1120", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "SSN", "078-05-0000", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "ssn_hash", "078-05-1120", 0),
        ("USA_SOCIAL_SECURITY_NUMBER", "note", "his ss# is 078-05-1120", 1),
        ("USA_SOCIAL_SECURITY_NUMBER", "note", "078-05-1120 (social-security)", 1),
        ("USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "itin", "912-70-1234", 1),
        ("USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "itin", "912-93-1234", 0),
        ("USA_PASSPORT_NUMBER", "passport", "C03005988", 1),
        ("USA_PASSPORT_NUMBER", "passport", "X19277260X", 0),
        ("USA_PASSPORT_NUMBER", "passports", "C03005988", 0),
        ("USA_PASSPORT_NUMBER", "travel document", "123456789", 1),
        ("DRIVERS_LICENSE", "drivers_license", "S99984236", 1),
        ("DRIVERS_LICENSE", "driver's license", "D123-4567-8901", 1),
        ("DRIVERS_LICENSE", "DRIVERS", "S99984236", 0),
        ("DRIVERS_LICENSE", "drivers license", "AB12", 0),
        ("DATE_OF_BIRTH", "BIRTHDATE", "1989-05-25", 1),
        ("DATE_OF_BIRTH", "dob", "25/05/1989", 1),
        ("DATE_OF_BIRTH", "dob", "05-25-1989", 1),
        ("DATE_OF_BIRTH", "dob", "25 May 1989", 1),
        ("DATE_OF_BIRTH", "dob", "March 3rd, 1989", 1),
        ("DATE_OF_BIRTH", "dob", "1980-Oct-03", 1),
        ("DATE_OF_BIRTH", "dob", "19890525", 1),
        ("DATE_OF_BIRTH", "dob", "1989-05-25T10:00:00Z", 1),
        ("DATE_OF_BIRTH", "dob", "1989-02-30", 0),
        ("DATE_OF_BIRTH", "dob", "13/13/1989", 0),
        ("DATE_OF_BIRTH", "DEATHDATE", "1989-05-25", 0),
        ("DATE_OF_BIRTH", "BIRTHPLACE", "1989-05-25", 0),
        ("PHONE_NUMBER", "PHONE", "617-773-6868", 1),
        ("PHONE_NUMBER", "PHONE", "9784662000", 1),
        ("PHONE_NUMBER", "PHONE", "1-877-267-2323", 1),
        ("PHONE_NUMBER", "tel", "(617) 773-6868", 1),
        ("PHONE_NUMBER", "PHONE", "117-773-6868", 0),
        ("PHONE_NUMBER", "PHONES", "617-773-6868", 0),
        ("PHONE_NUMBER", "number", "617-773-6868", 0),
        ("PHONE_NUMBER", "number", "+1 617-773-6868", 1),
        ("PHONE_NUMBER", "number", "call my mobile: 617-773-6868", 1),
        ("PHONE_NUMBER", "contact", "61777368689", 0),
        ("MEDICAL_DEVICE_UDI", "UDI", "(01)67677988606464(11)010613(17)260628(10)2882441934(21)7849600052", 1),
        ("MEDICAL_DEVICE_UDI", "UDI", "(01)6767798860646", 0),
        ("MEDICAL_DEVICE_UDI", "CODE", "(01)67677988606464(11)010613", 0),
        ("USA_NATIONAL_PROVIDER_IDENTIFIER", "npi", "1234567893", 1),
        ("USA_NATIONAL_PROVIDER_IDENTIFIER", "npi", "1234567894", 0),
        ("USA_NATIONAL_PROVIDER_IDENTIFIER", "id2", "1234567893", 0),
        ("USA_HEALTHCARE_PROCEDURE_CODE", "hcpcs", "J1100", 1),
        ("USA_HEALTHCARE_PROCEDURE_CODE", "hcpcs", "Z1100", 0),
        ("USA_NATIONAL_DRUG_CODE", "ndc", "0777-3105-02", 1),
        ("USA_NATIONAL_DRUG_CODE", "ndc", "0777-3105-021", 0),
        ("USA_MEDICARE_BENEFICIARY_IDENTIFIER", "mbi", "1EG4-TE5-MK73", 1),
        ("USA_MEDICARE_BENEFICIARY_IDENTIFIER", "mbi", "1SG4-TE5-MK73", 0),
        ("USA_HEALTH_INSURANCE_CLAIM_NUMBER", "hicn", "123-45-6789A", 1),
        ("US_DRUG_ENFORCEMENT_AGENCY_NUMBER", "dea number", "AB1234563", 1),
        ("US_DRUG_ENFORCEMENT_AGENCY_NUMBER", "dea number", "AB1234564", 0),
        ("LATITUDE_LONGITUDE", "position", "41.9,-87.6", 1),
        ("LATITUDE_LONGITUDE", "position", "91.9,-87.6", 0),
        ("LATITUDE_LONGITUDE", "LAT", "41.9,-87.6", 0),
        ("VEHICLE_IDENTIFICATION_NUMBER", "vin", "1HGCM82633A004352", 1),
        ("VEHICLE_IDENTIFICATION_NUMBER", "vin", "1HGCM82633A00435O", 0),
        ("AWS_CREDENTIALS", "aws_secret_access_key", SECRET, 1),
        ("AWS_CREDENTIALS", "secret_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 0),
        ("AWS_CREDENTIALS", "secret key", "0123456789abcdef0123456789abcdef01234567", 0),
        ("AWS_CREDENTIALS", "hash", SECRET, 0),
    ],
)
def test_identifier_counts_only_what_it_means(identifier: str, column: str, value: str, expected: int) -> None:
    assert count(identifier, column, value) == expected


def test_two_numbers_in_one_cell_count_twice() -> None:
    assert count("USA_SOCIAL_SECURITY_NUMBER", "ssn", "078-05-1120; 219-09-9999") == 2


@pytest.mark.parametrize(
    ("identifier", "severities"),
    [
        ("MEDICAL_DEVICE_UDI", "Low Medium High"),
        ("NAME", "Low Medium High"),
        ("USA_PASSPORT_NUMBER", "Medium High High"),
        ("USA_SOCIAL_SECURITY_NUMBER", "High High High"),
        ("CREDIT_CARD_SECURITY_CODE", "Medium High High"),
        ("LATITUDE_LONGITUDE", "Low Medium Medium"),
        ("VEHICLE_IDENTIFICATION_NUMBER", "Low Low Medium"),
        ("AWS_CREDENTIALS", "High High High"),
    ],
)
def test_severity_follows_the_documented_bands(identifier: str, severities: str) -> None:
    rate = CATALOGUE[identifier].severity.severity_of
    assert [rate(1), rate(99), rate(100)] == [Severity(word) for word in severities.split()]
    assert rate(2) == rate(99)


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


@pytest.mark.parametrize(
    ("structure", "text", "expected"),
    [
        ("10n11c2n", "FR1420041010050500013M02606", True),
        ("10n11c2n", "FR14 2004 1010 0505 0001 3M02 606", True),
        ("10n11c2n", "FR14-2004-1010-0505-0001-3M02-606", True),
        ("10n11c2n", "FR14 20041 01005 0500013M026 06", False),
        ("10n11c2n", "FR142004101005050001 3M0260", False),
        ("10n11c2n", "DE1420041010050500013M02606", False),
    ],
)
def test_iban_is_written_in_one_or_in_groups_of_four(structure: str, text: str, expected: bool) -> None:
    assert bool(compile_trusted(iban_pattern("FR", structure)).re2.fullmatch(text)) is expected


def test_differences_from_macie_are_sentences() -> None:
    assert len(set(DIFFERENCES)) == len(DIFFERENCES) >= 5
    assert all(text.endswith(".") for text in DIFFERENCES)
