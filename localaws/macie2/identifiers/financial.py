"""Managed identifiers of financial information.

Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-financial.html
"""

from __future__ import annotations

from localaws.macie2.detection.result import Category, Severity
from localaws.macie2.identifiers import checks
from localaws.macie2.identifiers.model import Bands, ManagedIdentifier, words

_SOURCE = "https://docs.aws.amazon.com/macie/latest/user/mdis-reference-financial.html"
_ALWAYS_HIGH = Bands(Severity.HIGH, Severity.HIGH, Severity.HIGH)
_CARD = r"\b\d(?:[ -]?\d){12,18}\b"
_CARD_KEYWORDS = (
    "account number",
    "american express",
    "amex",
    "bank card",
    "c card",
    "card",
    "cc #",
    "ccn",
    "check card",
    "cred card",
    "credit",
    "credit card",
    "credit cards",
    "credit no",
    "credit num",
    "dankort",
    "debit",
    "debit card",
    "debit no",
    "debit num",
    "diners club",
    "discover",
    "electron",
    "japanese card bureau",
    "jcb",
    "mastercard",
    "mc",
    "pan",
    "payment account number",
    "payment card number",
    "pcn",
    "pmnt #",
    "pmnt card",
    "pmnt no",
    "pmnt number",
    "union pay",
    "visa",
)
_IBAN_COUNTRIES = words("""
    ALBANIA ANDORRA BOSNIA_AND_HERZEGOVINA BRAZIL BULGARIA COSTA_RICA CROATIA CYPRUS CZECH_REPUBLIC DENMARK
    DOMINICAN_REPUBLIC EGYPT ESTONIA FAROE_ISLANDS FINLAND FRANCE GEORGIA GERMANY GREECE GREENLAND HUNGARY ICELAND
    IRELAND ITALY JORDAN KOSOVO LIECHTENSTEIN LITHUANIA MALTA MAURITANIA MAURITIUS MONACO MONTENEGRO NETHERLANDS
    NORTH_MACEDONIA POLAND PORTUGAL SAN_MARINO SENEGAL SERBIA SLOVAKIA SLOVENIA SPAIN SWEDEN SWITZERLAND TIMOR_LESTE
    TUNISIA TURKIYE UK UKRAINE UNITED_ARAB_EMIRATES VIRGIN_ISLANDS
""")


def _listed(id: str, recommended: bool = False, severity: Bands = _ALWAYS_HIGH) -> ManagedIdentifier:  # noqa: A002
    return ManagedIdentifier(id, Category.FINANCIAL_INFORMATION, recommended, severity, source=_SOURCE)


ENTRIES = (
    ManagedIdentifier(
        "BANK_ACCOUNT_NUMBER",
        Category.FINANCIAL_INFORMATION,
        recommended=False,
        severity=_ALWAYS_HIGH,
        keywords=(
            "bank account",
            "bank acct",
            "checking account",
            "checking acct",
            "chequing account",
            "chequing acct",
            "deposit account",
            "deposit acct",
            "savings account",
            "savings acct",
        ),
        pattern=r"\b\d{9,17}\b",
        source=_SOURCE,
    ),
    ManagedIdentifier(
        "CREDIT_CARD_NUMBER",
        Category.FINANCIAL_INFORMATION,
        recommended=True,
        severity=_ALWAYS_HIGH,
        keywords=_CARD_KEYWORDS,
        pattern=_CARD,
        check=checks.is_card_number,
        source=_SOURCE,
        rule="13 to 19 digits with single spaces or hyphens, Luhn, known issuer; issuers' test numbers do not count",
    ),
    ManagedIdentifier(
        "CREDIT_CARD_NUMBER_(NO_KEYWORD)",
        Category.FINANCIAL_INFORMATION,
        recommended=False,
        severity=_ALWAYS_HIGH,
        keywords=_CARD_KEYWORDS,
        unkeyed_pattern=_CARD,
        check=checks.is_card_number,
        source=_SOURCE,
        rule="as CREDIT_CARD_NUMBER, where no keyword of it is near",
    ),
    ManagedIdentifier(
        "CREDIT_CARD_SECURITY_CODE",
        Category.FINANCIAL_INFORMATION,
        recommended=False,
        severity=Bands(Severity.MEDIUM, Severity.HIGH, Severity.HIGH),
        keywords=(
            "card id",
            "card identification code",
            "card identification number",
            "card security code",
            "card validation code",
            "card validation number",
            "card verification data",
            "card verification value",
            "cvc",
            "cvc2",
            "cvv",
            "cvv2",
            "elo verification code",
        ),
        pattern=r"\b\d{3,4}\b",
        source=_SOURCE,
        rule="three or four digits",
    ),
    _listed("CREDIT_CARD_EXPIRATION", severity=Bands(Severity.LOW, Severity.MEDIUM, Severity.HIGH)),
    _listed("CREDIT_CARD_MAGNETIC_STRIPE", recommended=True),
    *(_listed(f"{country}_BANK_ACCOUNT_NUMBER") for country in _IBAN_COUNTRIES),
)
