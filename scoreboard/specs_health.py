"""Health: numbers of the United States, of Canada and of Europe.

Sources: CMS (MBI format), DEA, NHS Data Dictionary, Ministries of Health of British Columbia and Ontario, INSEE.
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, luhn, mod_97_key, until
from scoreboard.sample import Spec, changed_digit, grouped, one_of, shape

_MBI = "ACDEFGHJKMNPQRTUVWXY"


def _mbi(rng: Random) -> str:
    alphabets = {"C": "123456789", "A": _MBI, "N": "0123456789", "E": _MBI + "0123456789"}
    plain = "".join(rng.choice(alphabets[kind]) for kind in "CAENAENAANN")
    return rng.choice((plain, f"{plain[:4]}-{plain[4:7]}-{plain[7:]}"))


def _dea(rng: Random) -> str:
    body = digits(rng, 6)
    odd = sum(int(char) for char in body[0::2])
    even = sum(int(char) for char in body[1::2])
    return rng.choice("ABFGMPR") + rng.choice("ABCDEFGHJKLMNOPQRSTUVWXYZ") + body + str((odd + 2 * even) % 10)


def _npi(rng: Random) -> str:
    return luhn("80840" + digits(rng, 9, "12"))[5:]


def _hicn(rng: Random) -> str:
    ssn = f"{rng.randrange(1, 650):03}-{rng.randrange(1, 100):02}-{rng.randrange(1, 10_000):04}"
    return rng.choice((ssn, ssn.replace("-", ""))) + rng.choice(("A", "B", "B1", "C1", "D", "M", "T", "W"))


def _bc(rng: Random) -> str | None:
    body = digits(rng, 8)
    total = sum(int(char) * weight for char, weight in zip(body, (2, 4, 8, 5, 10, 9, 7, 3), strict=True))
    check = 11 - total % 11
    return None if check > 9 else f"9{body}{check}"


def _canadian(rng: Random) -> str:
    ontario = luhn(digits(rng, 9, "12345678"))
    quebec = (
        "".join(rng.choices("ABCDEFGHLMNPRST", k=4))
        + f"{rng.randrange(30, 100)}{rng.choice((0, 50)) + rng.randrange(1, 13):02}"
    )
    return rng.choice(
        (
            until(lambda: _bc(rng)),
            f"{ontario[:4]} {ontario[4:7]} {ontario[7:]}",
            f"{quebec} {rng.randrange(1, 29):02}{digits(rng, 2)}",
            f"{digits(rng, 5, '12345678')}-{digits(rng, 4)}",
        )
    )


def _nhs(rng: Random) -> str:
    def draw() -> str | None:
        body = digits(rng, 9, "4567")
        check = 11 - sum(int(char) * (10 - at) for at, char in enumerate(body)) % 11
        return None if check == 10 else body + str(check % 11)

    return until(draw)


def _nir(rng: Random) -> str:
    department = rng.choice((*(f"{at:02}" for at in range(1, 96) if at != 20), "2A", "2B"))
    body = f"{rng.choice('12')}{digits(rng, 2)}{rng.randrange(1, 13):02}{department}{digits(rng, 6)}"
    return body + mod_97_key(body.replace("2A", "19").replace("2B", "18") if department in ("2A", "2B") else body)


def nir(rng: Random) -> str:
    """Draw a number of the French INSEE with its key, in one or in groups."""
    number = until(lambda: _plain_nir(rng))
    return grouped(lambda _: number, (1, 2, 2, 2, 3, 3, 2), " ")(rng)


def _plain_nir(rng: Random) -> str | None:
    number = _nir(rng)
    # "2A" must be the department alone, or the key above was computed of something else.
    return number if number.count("2A") + number.count("2B") <= 1 else None


NIR_MISSES = {
    "wrong key": changed_digit(nir),
    "no month": shape("1 84 00 76 451 089 46", "2 99 19 13 455 012 11"),
    "too short": shape("1 84 12 76 451 0##"),
}


def _ehic(rng: Random) -> str:
    country = rng.choice(("246", "276", "250", "380", "724", "372", "040"))
    return grouped(lambda _: f"80{country}{digits(rng, 15)}", (10, 10), " ")(rng)


_EHIC_MISSES = {
    "a payment card": lambda rng: luhn("4" + digits(rng, 14)),
    "another prefix": shape("7#################", "90##################"),
    "too short": shape("80###########"),
}
_GTIN = shape("##############")


def _udi(rng: Random) -> str:
    lot = f"(10){digits(rng, 6)}"
    date = f"{rng.randrange(20, 30)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
    return rng.choice(
        (
            f"(01){_GTIN(rng)}(11){date}(17){date}{lot}(21){digits(rng, 8)}",
            f"(01){_GTIN(rng)}(17){date}{lot}",
            f"01{_GTIN(rng)}11{date}17{date}10A{digits(rng, 4)}",
            f"+H{digits(rng, 3)}ABC{digits(rng, 5)}/$${date}B{digits(rng, 4)}",
            f"=/W{digits(rng, 4)}XH{digits(rng, 7)}=,{digits(rng, 6)}",
        )
    )


SPECS = (
    Spec(
        "MEDICAL_DEVICE_UDI",
        ("UDI", "device identifier", "unique device id"),
        _udi,
        {
            "too short": shape("(01)#############"),
            "a concept code": shape("#########", "###############"),
            "a model": shape("@@-####", "Model @##"),
            "the application identifier alone": one_of("(01)", "(11)200101", "(21)778"),
        },
    ),
    Spec(
        "USA_NATIONAL_PROVIDER_IDENTIFIER",
        ("NPI", "national provider"),
        _npi,
        {
            "wrong Luhn digit": changed_digit(_npi),
            "a phone number": shape("617-555-####", "(617) 555-####"),
            "another first digit": shape("7#########"),
            "a group": shape("NPI group ###"),
        },
    ),
    Spec(
        "USA_HEALTHCARE_PROCEDURE_CODE",
        ("HCPCS", "current procedural terminology"),
        shape("A####", "E####", "J####", "L####", "V####", "99###", "###0T", "###0F"),
        {
            "a letter that is none": shape("X####", "Z####"),
            "a diagnosis": shape("S72.0##A", "E11.#"),
            "too long": shape("J#####", "9#####"),
            "too short": shape("J###", "99#"),
        },
        skips=("money",),
    ),
    Spec(
        "USA_NATIONAL_DRUG_CODE",
        ("NDC", "national drug code"),
        shape("####-####-##", "#####-###-##", "#####-####-#", "#####-####-##", "###########"),
        {
            "other groups": shape("###-####-##", "####-####-###", "######-###-##"),
            "too short": shape("##########"),
            "a date": shape("2021-04-##"),
            "a concept code": shape("######", "#########"),
        },
    ),
    Spec(
        "USA_MEDICARE_BENEFICIARY_IDENTIFIER",
        ("MBI", "medicare beneficiary"),
        _mbi,
        {
            "a letter that is never used": lambda rng: "1S" + _mbi(rng).replace("-", "")[2:],
            "begins with 0": lambda rng: "0" + _mbi(rng)[1:],
            "a claim number": _hicn,
            "too short": lambda rng: _mbi(rng).replace("-", "")[:10],
        },
    ),
    Spec(
        "USA_HEALTH_INSURANCE_CLAIM_NUMBER",
        ("HICN", "hic number", "health insurance claim number"),
        _hicn,
        {
            "no beneficiary code": lambda rng: _hicn(rng).rstrip("ABCDMTW1"),
            "a number that was never issued": shape("000-##-####A", "666-4#-####B", "9##-4#-####A"),
            "a code that is none": shape("123-45-####X", "123-45-####Z9"),
        },
    ),
    Spec(
        "US_DRUG_ENFORCEMENT_AGENCY_NUMBER",
        ("DEA number", "DEA registration"),
        _dea,
        {
            "wrong check digit": changed_digit(_dea),
            "another letter": shape("W@#######", "I@#######"),
            "too short": shape("A@######"),
            "digits alone": shape("#########"),
        },
    ),
    Spec(
        "CANADA_HEALTH_NUMBER",
        ("PHN", "personal healthcare number", "msp number"),
        _canadian,
        {
            "wrong check digit": lambda rng: changed_digit(lambda r: luhn(digits(r, 9, "12345678")))(rng),
            "too short": shape("########"),
            "too long": shape("#############"),
            "a month that is none": shape("ABCD 9033 15##"),
            "a phone number": shape("(604) 555-####"),
        },
    ),
    Spec(
        "UK_NHS_NUMBER",
        ("NHS", "national health service"),
        grouped(_nhs, (3, 3, 4), " ", "-"),
        {
            "wrong check digit": grouped(changed_digit(_nhs), (3, 3, 4), " "),
            "zeroes": one_of("0000000000", "000 000 0000"),
            "a phone number": shape("01632 9#####", "0300 123 ####"),
            "too short": shape("### ### ###"),
        },
    ),
    Spec("FRANCE_HEALTH_INSURANCE_NUMBER", ("carte vitale", "carte d'assuré social"), nir, NIR_MISSES),
    Spec("EUROPEAN_HEALTH_INSURANCE_CARD_NUMBER", ("EHIC", "health insurance card"), _ehic, _EHIC_MISSES),
    Spec(
        "FINLAND_EUROPEAN_HEALTH_INSURANCE_NUMBER",
        ("sairausvakuutuskortti", "EHIC"),
        lambda rng: grouped(lambda r: "80246" + digits(r, 15), (10, 10), " ")(rng),
        {**_EHIC_MISSES, "another country's": shape("80276###############")},
    ),
)
