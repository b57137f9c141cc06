"""Custom identifiers: keywords, ignore words, severity levels and sample texts."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers import CustomIdentifier, SeverityLevel, count_matches
from localaws.macie2.identifiers.model import Severity
from tests.localaws.macie2.detection.scans import PATIENT, count_in_cell, counts, scan_text


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("PATIENT", "P1234", 1),
        ("patient", "P1234", 1),
        ("the patient", "P1234", 1),
        ("PATIENT_ID", "P1234", 0),
        ("INPATIENT", "P1234", 0),
        ("x", "P1234", 0),
        ("x", "patient P1234", 1),
        ("x", "P1234 patient", 0),
        ("x", "patients P1234", 0),
        ("x", "patient" + " " * 45 + "P1234", 1),
        ("x", "patient" + " " * 46 + "P1234", 0),
        ("x", "patient" + "é" * 44 + " P1234", 1),
        ("PATIENT", "xP1234 P5678", 2),
    ],
)
def test_keyword_must_be_in_the_column_name_or_before_the_match(column: str, cell: str, expected: int) -> None:
    assert counts(scan_text(f"y,{column}\n1,{cell}\n", PATIENT, managed="")).get("patient", 0) == expected


@pytest.mark.parametrize(("word", "expected"), [("9999", 1), ("P12", 1), ("p12", 2)])
def test_match_that_contains_an_ignore_word_does_not_count(word: str, expected: int) -> None:
    identifier = CustomIdentifier("i", "i", r"P\d{4}", ignore_words=(word,))
    assert counts(scan_text("x\nP1234\nP9999\n", identifier, managed="")) == {"i": expected}


@pytest.mark.parametrize(("count", "severity"), [(1, None), (2, Severity.LOW), (4, Severity.LOW), (5, Severity.HIGH)])
def test_severity_levels_hold_and_nothing_is_detected_below_the_lowest(count: int, severity: Severity | None) -> None:
    levels = (SeverityLevel(2, Severity.LOW), SeverityLevel(5, Severity.HIGH))
    identifier = CustomIdentifier("i", "i", "P", severity_levels=levels)
    result = scan_text("x\n" + "P\n" * count, identifier, managed="")
    assert [item.severity for item in result.detections] == ([severity] if severity else [])


def test_custom_identifier_is_applied_to_cells_and_never_across_them() -> None:
    assert counts(scan_text("a,b\n12,34\n", CustomIdentifier("i", "i", r"12,34"), managed="")) == {}


def test_empty_matches_do_not_count() -> None:
    assert counts(scan_text("a\nxx\nbab\n", CustomIdentifier("i", "i", "b*"), managed="")) == {"i": 2}


@pytest.mark.parametrize(("text", "expected"), [("patient P1234 and P5678", 2), ("P1234", 0), ("", 0)])
def test_matches_in_a_sample_text_are_counted_with_keywords_before_them(text: str, expected: int) -> None:
    assert count_matches(PATIENT, text) == expected


@pytest.mark.parametrize(
    ("identifier", "column", "value", "expected"),
    [
        ("CREDIT_CARD_SECURITY_CODE", "cvc", "123", 1),
        ("CREDIT_CARD_SECURITY_CODE", "cc_cvc", "123", 0),
        ("BANK_ACCOUNT_NUMBER", "bank_account", "123456789", 1),
        ("BANK_ACCOUNT_NUMBER", "bank-account", "12345678", 0),
        ("BANK_ACCOUNT_NUMBER", "account", "123456789", 0),
        ("USA_PASSPORT_NUMBER", "passport", "C03005988", 1),
        ("USA_PASSPORT_NUMBER", "passport", "X19277260X", 0),
        ("USA_PASSPORT_NUMBER", "passports", "C03005988", 0),
        ("USA_PASSPORT_NUMBER", "travel document", "123456789", 1),
        ("DRIVERS_LICENSE", "drivers_license", "S99984236", 1),
        ("DRIVERS_LICENSE", "driver's license", "D123-4567-8901", 1),
        ("DRIVERS_LICENSE", "DRIVERS", "S99984236", 0),
        ("DRIVERS_LICENSE", "drivers license", "AB12", 0),
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
        ("USA_HEALTHCARE_PROCEDURE_CODE", "hcpcs", "J1100", 1),
        ("USA_HEALTHCARE_PROCEDURE_CODE", "hcpcs", "Z1100", 0),
        ("USA_NATIONAL_DRUG_CODE", "ndc", "0777-3105-02", 1),
        ("USA_NATIONAL_DRUG_CODE", "ndc", "0777-3105-021", 0),
        ("USA_MEDICARE_BENEFICIARY_IDENTIFIER", "mbi", "1EG4-TE5-MK73", 1),
        ("USA_MEDICARE_BENEFICIARY_IDENTIFIER", "mbi", "1SG4-TE5-MK73", 0),
    ],
)
def test_identifier_counts_only_what_it_means(identifier: str, column: str, value: str, expected: int) -> None:
    assert count_in_cell(identifier, column, value) == expected


def test_two_numbers_in_one_cell_count_twice() -> None:
    assert count_in_cell("USA_SOCIAL_SECURITY_NUMBER", "ssn", "078-05-1120; 219-09-9999") == 2
