"""Managed identifiers of personal information.

Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-pii.html
"""

from __future__ import annotations

from localaws.macie2.detection.result import Category, Severity
from localaws.macie2.identifiers import checks
from localaws.macie2.identifiers.model import Bands, ManagedIdentifier, words

_SOURCE = "https://docs.aws.amazon.com/macie/latest/user/mdis-reference-pii.html"
_ALWAYS_HIGH = Bands(Severity.HIGH, Severity.HIGH, Severity.HIGH)
_RISING = Bands(Severity.LOW, Severity.MEDIUM, Severity.HIGH)
_PASSPORT = Bands(Severity.MEDIUM, Severity.HIGH, Severity.HIGH)
_ORGANIZATION = Bands(Severity.MEDIUM, Severity.MEDIUM, Severity.HIGH)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)(?:uary|ruary|ch|il|ust|ember|tember|ober)?\.?"
_LICENCE_COUNTRIES = words("""
    AUSTRALIA AUSTRIA BELGIUM BULGARIA CANADA* CROATIA CYPRUS CZECHIA DENMARK ESTONIA FINLAND FRANCE GERMANY GREECE
    HUNGARY INDIA IRELAND ITALY LATVIA LITHUANIA LUXEMBOURG MALTA NETHERLANDS POLAND PORTUGAL ROMANIA SLOVAKIA SLOVENIA
    SPAIN SWEDEN UK*
""")
# A star marks membership of the recommended set.
_NATIONAL = words("""
    SPAIN_SOCIAL_SECURITY_NUMBER* CANADA_SOCIAL_INSURANCE_NUMBER* CANADA_NATIONAL_IDENTIFICATION_NUMBER
    UK_NATIONAL_INSURANCE_NUMBER* UK_ELECTORAL_ROLL_NUMBER* UK_TAX_IDENTIFICATION_NUMBER
    FRANCE_NATIONAL_IDENTIFICATION_NUMBER* FRANCE_TAX_IDENTIFICATION_NUMBER* GERMANY_NATIONAL_IDENTIFICATION_NUMBER*
    GERMANY_TAX_IDENTIFICATION_NUMBER* ITALY_NATIONAL_IDENTIFICATION_NUMBER* SPAIN_DNI_NUMBER* SPAIN_NIE_NUMBER*
    SPAIN_NIF_NUMBER* SPAIN_TAX_IDENTIFICATION_NUMBER* AUSTRALIA_TAX_FILE_NUMBER* BRAZIL_CPF_NUMBER* BRAZIL_CNPJ_NUMBER
    BRAZIL_RG_NUMBER INDIA_AADHAAR_NUMBER INDIA_PERMANENT_ACCOUNT_NUMBER ARGENTINA_DNI_NUMBER
    ARGENTINA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER CHILE_RUT_NUMBER COLOMBIA_CITIZENSHIP_CARD_NUMBER
    COLOMBIA_INDIVIDUAL_NIT_NUMBER MEXICO_CURP_NUMBER MEXICO_INDIVIDUAL_RFC_NUMBER
""")
_PASSPORTS = words("""
    CANADA_PASSPORT_NUMBER* UK_PASSPORT_NUMBER* GERMANY_PASSPORT_NUMBER* FRANCE_PASSPORT_NUMBER* ITALY_PASSPORT_NUMBER*
    SPAIN_PASSPORT_NUMBER*
""")
_ORGANIZATIONS = words("""
    ARGENTINA_ORGANIZATION_TAX_IDENTIFICATION_NUMBER COLOMBIA_ORGANIZATION_NIT_NUMBER MEXICO_ORGANIZATION_RFC_NUMBER
    ARGENTINA_TARJETA_SUBE
""")
_CONTACTS = words("""
    BRAZIL_PHONE_NUMBER FRANCE_PHONE_NUMBER GERMANY_PHONE_NUMBER ITALY_PHONE_NUMBER SPAIN_PHONE_NUMBER UK_PHONE_NUMBER
    BRAZIL_CEP_CODE HTTP_COOKIE
""")


def _listed(id: str, severity: Bands) -> ManagedIdentifier:  # noqa: A002 - the API's word
    return ManagedIdentifier(id.rstrip("*"), Category.PERSONAL_INFORMATION, id.endswith("*"), severity, source=_SOURCE)


def _personal(
    id: str,  # noqa: A002 - the API's word
    severity: Bands,
    *,
    keywords: tuple[str, ...] = (),
    pattern: str | None = None,
    unkeyed_pattern: str | None = None,
    check: checks.Check | None = None,
    row_rule: str | None = None,
    rule: str = "",
) -> ManagedIdentifier:
    return ManagedIdentifier(
        id.rstrip("*"),
        Category.PERSONAL_INFORMATION,
        id.endswith("*"),
        severity,
        keywords,
        pattern,
        unkeyed_pattern,
        check,
        row_rule,
        _SOURCE,
        rule,
    )


def _licence_keywords() -> tuple[str, ...]:
    who = ("driver", "drivers", "driver's")
    what = ("licence", "licences", "license", "licenses", "permit")
    return (
        "dl#",
        "dl:",
        "dlno#",
        "drivers lic.",
        "drivers permit number",
        "driving licence",
        "driving license",
        "driving permit",
        *(f"{holder} {paper}" for holder in who for paper in what),
    )


ENTRIES = (
    _personal(
        "NAME",
        _RISING,
        row_rule="NAME",
        rule="no language model: full names by shape, by a list of given names and by split columns; see names.py",
    ),
    _personal(
        "ADDRESS",
        _RISING,
        row_rule="ADDRESS",
        rule="no language model: US addresses by place, state and the ZIP codes of that state; see addresses.py",
    ),
    _personal(
        "DATE_OF_BIRTH",
        _RISING,
        keywords=("bday", "b-day", "birth date", "birthday", "date of birth", "dob"),
        pattern=(
            r"(?i)\b(?:\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}(?:[T ]\d\d:[0-9:.+Z-]+)?|(?:1[89]|20)\d{6}"
            r"|\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d{2})"
            rf"|\d{{1,2}}(?:st|nd|rd|th)?[-/ ]{_MONTH}[-/, ]{{1,2}}(?:\d{{4}}|\d{{2}})"
            rf"|{_MONTH}[-/ ]\d{{1,2}}(?:st|nd|rd|th)?[-/, ]{{1,2}}(?:\d{{4}}|\d{{2}})"
            rf"|\d{{4}}[-/ ]{_MONTH}[-/ ]\d{{1,2}})\b"
        ),
        check=checks.is_date_of_birth,
        rule="day, month and year in most orders, separated by space, slash, hyphen or full stop, or YYYYMMDD",
    ),
    _personal(
        "PHONE_NUMBER",
        _RISING,
        keywords=(
            "cell",
            "contact",
            "fax",
            "fax number",
            "mobile",
            "phone",
            "phone number",
            "tel",
            "telephone",
            "telephone number",
        ),
        pattern=r"(?:\+?\b1[-. ]?)?(?:\([2-9]\d{2}\) ?|\b[2-9]\d{2}[-. ]?)[2-9]\d{2}[-. ]?\d{4}\b",
        unkeyed_pattern=r"(?:\+1[-. ]?|\b1[-. ])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ]?)[2-9]\d{2}[-. ]\d{4}\b"
        r"|\+1[2-9]\d{2}[2-9]\d{6}\b",
        rule="North American: area code and exchange begin with 2 to 9; without a keyword a country code is needed",
    ),
    _personal(
        "USA_SOCIAL_SECURITY_NUMBER*",
        _ALWAYS_HIGH,
        keywords=("social security", "ss#", "ssn"),
        pattern=r"\b\d{3}([- ]?)\d{2}[- ]?\d{4}\b",
        check=checks.is_social_security_number,
        rule="areas 000, 666 and 900 to 999 were never issued and do not count (so Synthea's 999-xx-xxxx does not)",
    ),
    _personal(
        "USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER*",
        _ALWAYS_HIGH,
        keywords=("i.t.i.n.", "individual taxpayer identification number", "itin"),
        pattern=r"\b9\d{2}[- ]?\d{2}[- ]?\d{4}\b",
        check=checks.is_tax_identification_number,
    ),
    _personal(
        "USA_PASSPORT_NUMBER*",
        _PASSPORT,
        keywords=("passport", "travel document"),
        pattern=r"\b(?:\d{9}|[A-Za-z]\d{8})\b",
        rule="nine digits, or a letter and eight digits",
    ),
    _personal(
        "DRIVERS_LICENSE*",
        _RISING,
        keywords=_licence_keywords(),
        pattern=r"\b(?:[A-Za-z]{1,3}[- ]?\d{2,13}(?:-\d{2,7}){0,4}[A-Za-z]{0,2}"
        r"|\d{2,12}(?:[- ]\d{2,7}){0,3}[A-Za-z]{0,3}\d{0,4})\b",
        check=checks.is_licence_number,
        rule="up to three letters and five digits or more: the union of the states' shapes",
    ),
    _personal(
        "LATITUDE_LONGITUDE",
        Bands(Severity.LOW, Severity.MEDIUM, Severity.MEDIUM),
        keywords=("coordinate", "coordinates", "lat long", "latitude longitude", "position"),
        pattern=r"[-+]?\b\d{1,2}\.\d{1,15}(?:, ?| |; ?)[-+]?\d{1,3}\.\d{1,15}\b",
        check=checks.is_coordinate_pair,
    ),
    _personal(
        "VEHICLE_IDENTIFICATION_NUMBER",
        Bands(Severity.LOW, Severity.LOW, Severity.MEDIUM),
        keywords=("vin", "vehicle identification number", "niv", "fahrgestellnummer"),
        pattern=r"(?i)\b[A-HJ-NPR-Z0-9]{17}\b",
        check=checks.is_vehicle_number,
        rule="17 characters with a letter and a digit; the check digit of North America is not enforced",
    ),
    *(_listed(id_, _RISING) for id_ in _CONTACTS),
    *(
        _listed(f"{country.rstrip('*')}_DRIVERS_LICENSE{'*' if country.endswith('*') else ''}", _RISING)
        for country in _LICENCE_COUNTRIES
    ),
    *(_listed(id_, _PASSPORT) for id_ in _PASSPORTS),
    *(_listed(id_, _ALWAYS_HIGH) for id_ in _NATIONAL),
    *(_listed(id_, _ORGANIZATION) for id_ in _ORGANIZATIONS),
)
