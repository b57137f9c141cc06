"""National, tax and passport numbers of the United States and Canada.

Sources: SSA, IRS, Service Canada.
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, luhn
from scoreboard.sample import Spec, changed_digit, grouped, one_of, shape


def _ssn(rng: Random) -> str:
    area = rng.choice([*range(1, 666), *range(667, 900)])
    separator = rng.choice(("-", "-", "", " "))
    return separator.join((f"{area:03}", f"{rng.randrange(1, 100):02}", f"{rng.randrange(1, 10_000):04}"))


def _itin(rng: Random) -> str:
    group = rng.choice([*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100)])
    return rng.choice(("-", "")).join((f"9{digits(rng, 2)}", f"{group:02}", digits(rng, 4)))


def _sin(rng: Random) -> str:
    return luhn(digits(rng, 8, "1234567"))


SPECS = (
    Spec(
        "USA_SOCIAL_SECURITY_NUMBER",
        ("SSN", "social security", "ss#"),
        _ssn,
        {
            "never issued": shape("000-4#-####", "666-4#-####", "9##-4#-####", "123-00-####", "123-45-0000"),
            "Synthea's": shape("999-##-####"),
            "other groups": shape("###-###-###", "##-#######"),
            "a phone number": shape("617-555-####"),
            "masked": shape("***-**-####", "XXX-XX-####"),
            "too long": shape("##########"),
        },
    ),
    Spec(
        "USA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
        ("ITIN", "individual taxpayer identification number"),
        _itin,
        {
            "a group that is not assigned": shape("9##-89-####", "9##-93-####", "9##-4#-####", "9##-0#-####"),
            "a social security number": shape("3##-45-####"),
            "an employer's number": shape("91-#######"),
        },
    ),
    Spec(
        "CANADA_SOCIAL_INSURANCE_NUMBER",
        ("SIN", "social insurance number"),
        grouped(_sin, (3, 3, 3), " ", "-"),
        {
            "wrong Luhn digit": grouped(changed_digit(_sin), (3, 3, 3), " "),
            "begins with 0 or 8": lambda rng: luhn(digits(rng, 8, "08")),
            "American groups": shape("###-##-####"),
            "a phone number": shape("416-555-####"),
        },
    ),
    Spec(
        "CANADA_NATIONAL_IDENTIFICATION_NUMBER",
        ("permanent resident card", "pr number", "permanent resident no"),
        shape("PA#######", "RA##########", "PA##########", "RA########"),
        {
            "another prefix": shape("XX#######", "AB##########"),
            "too short": shape("PA####"),
            "digits alone": shape("########"),
        },
    ),
    Spec(
        "USA_PASSPORT_NUMBER",
        ("passport", "travel document"),
        shape("%########", "A########", "C########"),
        {
            "Synthea's": shape("X########X"),
            "too short": shape("########", "A######"),
            "too long": shape("##########"),
            "a social security number": shape("###-##-####"),
            "Canadian": shape("@@######"),
        },
    ),
    Spec(
        "CANADA_PASSPORT_NUMBER",
        ("passport", "passeport"),
        shape("@@######", "@######@@"),
        {
            "American": shape("#########"),
            "too long": shape("@@########"),
            "too short": shape("@@####"),
            "lone letters": one_of("issued", "expired", "none"),
        },
    ),
)
