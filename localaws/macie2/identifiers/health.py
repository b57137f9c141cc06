"""Managed identifiers of health information; keywords as documented, shapes and check digits by the issuers' rules.

Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-phi.html
"""

from __future__ import annotations

from localaws.macie2.detection.result import Category, Severity
from localaws.macie2.identifiers import checks
from localaws.macie2.identifiers.model import Bands, ManagedIdentifier

_SOURCE = "https://docs.aws.amazon.com/macie/latest/user/mdis-reference-phi.html"
_ALWAYS_HIGH = Bands(Severity.HIGH, Severity.HIGH, Severity.HIGH)
_RISING = Bands(Severity.LOW, Severity.MEDIUM, Severity.HIGH)
_MBI = "[AC-HJKMNP-RT-Y]"


def _health(
    id: str,  # noqa: A002 - the API's word
    keywords: str = "",
    pattern: str | None = None,
    check: checks.Check | None = None,
    severity: Bands = _ALWAYS_HIGH,
    rule: str = "",
) -> ManagedIdentifier:
    return ManagedIdentifier(
        id=id,
        category=Category.PERSONAL_INFORMATION,
        recommended=False,
        severity=severity,
        keywords=tuple(word.strip() for word in keywords.split(",") if word.strip()),
        pattern=pattern,
        check=check,
        source=_SOURCE,
        rule=rule,
    )


ENTRIES = (
    _health(
        "MEDICAL_DEVICE_UDI",
        "blood, blood bag, dev id, device id, device identifier, gs1, hibcc, iccbba, med, udi, unique device id,"
        " unique device identifier",
        r"\(01\)\d{14}(?:\((?:1[0-7]|2[0-9]|30|24[0-3])\)[\x21-\x27\x2a-\x7e]{1,20})*"
        r"|\b01\d{14}(?:1[17]\d{6})+(?:(?:10|21)[\x21-\x7e]{1,20})?"
        r"|\+[A-Z][A-Z0-9]{5,23}/\${0,2}\+?[A-Z0-9/]{1,60}"
        r"|=/[A-Z0-9]{6,16}(?:=,[0-9]{6})?(?:=}[0-9]{6})?",
        severity=_RISING,
        rule="GS1, HIBCC and ICCBBA by shape; the GTIN check digit is not enforced (the demonstration's 78 rows count)",
    ),
    _health(
        "USA_NATIONAL_PROVIDER_IDENTIFIER",
        "hipaa, n.p.i, national provider, npi",
        r"\b[12]\d{9}\b",
        checks.is_npi,
        rule="10 digits from 1 or 2 on, Luhn with the prefix 80840",
    ),
    _health(
        "USA_HEALTHCARE_PROCEDURE_CODE",
        "current procedural terminology, hcpcs, healthcare common procedure coding system",
        r"\b(?:[A-V]\d{4}|\d{4}[0-9FTU])\b",
        rule="HCPCS level I (five digits, or four and F, T or U) and level II (a letter A to V and four digits)",
    ),
    _health(
        "USA_NATIONAL_DRUG_CODE",
        "national drug code, ndc",
        r"\b(?:\d{4}-\d{4}-\d{2}|\d{5}-(?:\d{3}-\d{2}|\d{4}-\d{1,2})|\d{11})\b",
        rule="4-4-2, 5-3-2, 5-4-1, 5-4-2 or eleven digits",
    ),
    _health(
        "USA_MEDICARE_BENEFICIARY_IDENTIFIER",
        "mbi, medicare beneficiary",
        rf"(?i)\b[1-9]{_MBI}[AC-HJKMNP-RT-Y0-9]\d-?{_MBI}[AC-HJKMNP-RT-Y0-9]\d-?{_MBI}{{2}}\d{{2}}\b",
        rule="the eleven positions of the CMS format",
    ),
    _health(
        "USA_HEALTH_INSURANCE_CLAIM_NUMBER",
        "health insurance claim number, hic no, hic no., hic number, hic#, hicn, hicn#., hicno#",
        r"\b\d{3}-?\d{2}-?\d{4}-?[A-Z][A-Z0-9]?\b",
        rule="nine digits and a beneficiary code",
    ),
    _health(
        "US_DRUG_ENFORCEMENT_AGENCY_NUMBER",
        "dea number, dea registration",
        r"\b[A-HJ-NP-UX][A-Z9]\d{7}\b",
        checks.is_dea_number,
        rule="two letters, seven digits, the DEA's check digit",
    ),
    _health("CANADA_HEALTH_NUMBER"),
    _health("UK_NHS_NUMBER"),
    _health("FRANCE_HEALTH_INSURANCE_NUMBER"),
    _health("EUROPEAN_HEALTH_INSURANCE_CARD_NUMBER"),
    _health("FINLAND_EUROPEAN_HEALTH_INSURANCE_NUMBER"),
)
