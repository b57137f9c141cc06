"""National and tax numbers of Latin America.

Sources: Receita Federal, AFIP, SII, DIAN, RENAPO and SAT, as described by each.
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, luhn, until
from scoreboard.sample import Maker, Spec, changed_digit, grouped, one_of, shape


def _cpf(rng: Random) -> str:
    body = digits(rng, 9)
    for _ in range(2):
        total = sum(int(char) * (len(body) + 1 - at) for at, char in enumerate(body))
        body += str(total * 10 % 11 % 10)
    return rng.choice((body, f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"))


def _cnpj(rng: Random) -> str:
    body = digits(rng, 8) + "0001"
    for _ in range(2):
        total = sum(int(char) * (2 + at % 8) for at, char in enumerate(reversed(body)))
        body += str(total * 10 % 11 % 10)
    return rng.choice((body, f"{body[:2]}.{body[2:5]}.{body[5:8]}/{body[8:12]}-{body[12:]}"))


def _cuit(*kinds: str) -> Maker:
    def draw(rng: Random) -> str | None:
        body = rng.choice(kinds) + digits(rng, 8)
        total = sum(int(char) * (2 + at % 6) for at, char in enumerate(reversed(body)))
        check = (11 - total % 11) % 11
        return None if check == 10 else body + str(check)

    def make(rng: Random) -> str:
        number = until(lambda: draw(rng))
        return rng.choice((number, f"{number[:2]}-{number[2:10]}-{number[10]}"))

    return make


def _rut(rng: Random) -> str:
    body = str(rng.randrange(1_000_000, 30_000_000))
    total = sum(int(char) * (2 + at % 6) for at, char in enumerate(reversed(body)))
    check = {10: "K", 11: "0"}.get(11 - total % 11, str(11 - total % 11))
    return rng.choice((f"{body}-{check}", f"{int(body):,}".replace(",", ".") + f"-{check}", body + check))


def _nit(first: str, least: int, most: int) -> Maker:
    primes = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43)

    def make(rng: Random) -> str:
        body = digits(rng, rng.randrange(least, most + 1), first)
        remainder = sum(int(char) * primes[at] for at, char in enumerate(reversed(body))) % 11
        check = remainder if remainder < 2 else 11 - remainder
        return f"{int(body):,}".replace(",", rng.choice((".", ""))) + f"-{check}"

    return make


def _birth(rng: Random) -> str:
    return f"{rng.randrange(40, 100)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"


def _curp(rng: Random) -> str:
    letters = rng.choice("BCDFGHLMPRS") + rng.choice("AEIOU") + "".join(rng.choices("BCDFGHLMPRST", k=2))
    body = letters + _birth(rng) + rng.choice("HM") + rng.choice(("DF", "JC", "NL", "MC", "PL", "VZ", "GT"))
    body += "".join(rng.choices("BCDFGHJKLMNPQRSTVXYZ", k=3)) + rng.choice("0A1")
    alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(alphabet.index(char) * (18 - at) for at, char in enumerate(body))
    return body + str((10 - total % 10) % 10)


def _rfc(letters: int) -> Maker:
    def make(rng: Random) -> str:
        name = "".join(rng.choices("ABCDEFGHLMNPRST", k=letters))
        return name + _birth(rng) + rng.choice("ABCDEFG123") + rng.choice("ABCDEFG123") + rng.choice("0123456789A")

    return make


def _no_day(letters: str) -> Maker:
    return lambda rng: letters + rng.choice(("901332", "850045", "880230", "751301")) + "AB1"


def _digit_rut(rng: Random) -> str | None:
    number = _rut(rng)
    return None if number.endswith("K") else number


SPECS = (
    Spec(
        "ARGENTINA_DNI_NUMBER",
        ("DNI", "documento nacional de identidad"),
        shape("%#.###.###", "%.###.###", "%#######", "%######"),
        {
            "examples": one_of("99999999", "99.999.999", "00000000", "00.000.000"),
            "too short": shape("%####"),
            "too long": shape("%##########"),
            "an amount": shape("%#.###,##"),
        },
    ),
    Spec(
        "ARGENTINA_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
        ("CUIL", "CUIT"),
        _cuit("20", "23", "27"),
        {
            "wrong check digit": changed_digit(_cuit("20", "27")),
            "an organisation's": _cuit("30", "33"),
            "a bank's": shape("285059094009041813####"),
            "too short": shape("20-######-#"),
        },
    ),
    Spec(
        "ARGENTINA_ORGANIZATION_TAX_IDENTIFICATION_NUMBER",
        ("CUIT", "clave única de identificación tributaria"),
        _cuit("30", "33"),
        {
            "wrong check digit": changed_digit(_cuit("30", "33")),
            "a person's": _cuit("20", "27"),
            "too short": shape("30-######-#"),
        },
    ),
    Spec(
        "ARGENTINA_TARJETA_SUBE",
        ("SUBE", "sistema único de boleto electrónico"),
        grouped(lambda rng: luhn("6061" + digits(rng, 11)), (4, 4, 4, 4), " ", "-"),
        {
            "wrong Luhn digit": changed_digit(lambda rng: luhn("6061" + digits(rng, 11))),
            "another prefix": lambda rng: luhn("6062" + digits(rng, 11)),
            "too short": shape("6061 #### ####"),
        },
    ),
    Spec(
        "BRAZIL_CPF_NUMBER",
        ("CPF", "cadastro de pessoa física"),
        _cpf,
        {
            "wrong check digit": changed_digit(_cpf),
            "one digit": one_of("111.111.111-11", "00000000000", "99999999999"),
            "a phone number": shape("(11) 9####-####"),
            "a protocol": shape("2024.######-#"),
        },
    ),
    Spec(
        "BRAZIL_CNPJ_NUMBER",
        ("CNPJ", "cadastro nacional da pessoa jurídica"),
        _cnpj,
        {
            "wrong check digit": changed_digit(_cnpj),
            "a person's": _cpf,
            "zeroes": one_of("00.000.000/0000-00", "00000000000000"),
        },
    ),
    Spec(
        "BRAZIL_RG_NUMBER",
        ("RG", "registro geral"),
        shape("%#.###.###-#", "%#.###.###-X", "%########", "%#######-#"),
        {
            "one digit": one_of("11.111.111-1", "00.000.000-0"),
            "a person's tax number": _cpf,
            "too short": shape("%#.###-#", "%####"),
        },
    ),
    Spec(
        "BRAZIL_CEP_CODE",
        ("CEP", "código postal"),
        shape("%####-###", "0%###-###", "%#.###-###", "%#######"),
        {
            "one digit": one_of("00000-000", "11111111"),
            "another country's": shape("%####", "%###-###", "@#@ #@#"),
            "a phone number": shape("9####-####"),
        },
    ),
    Spec(
        "CHILE_RUT_NUMBER",
        ("RUT", "rol único nacional"),
        _rut,
        {
            "wrong check character": lambda rng: changed_digit(lambda r: until(lambda: _digit_rut(r)))(rng),
            "zeroes": one_of("00000000-K", "00.000.000-0"),
            "too short": shape("###.###-#"),
            "a phone number": shape("+56 9 #### ####"),
        },
    ),
    Spec(
        "COLOMBIA_CITIZENSHIP_CARD_NUMBER",
        ("cédula de ciudadanía", "documento de identificación"),
        shape("%#.###.###", "%.###.###.###", "%#######", "%#########"),
        {
            "too short": shape("%####", "%.###"),
            "too long": shape("%###########"),
            "zeroes": one_of("00000000", "0.000.000.000"),
            "an amount": shape("%#.###,##"),
        },
    ),
    Spec(
        "COLOMBIA_INDIVIDUAL_NIT_NUMBER",
        ("NIT", "n.i.t."),
        _nit("1357", 8, 10),
        {
            "wrong check digit": changed_digit(_nit("1357", 8, 10)),
            "an organisation's": _nit("89", 9, 9),
            "too short": shape("%###-#"),
        },
    ),
    Spec(
        "COLOMBIA_ORGANIZATION_NIT_NUMBER",
        ("NIT", "nit#"),
        _nit("89", 9, 9),
        {
            "wrong check digit": changed_digit(_nit("89", 9, 9)),
            "a person's": _nit("1357", 8, 8),
            "too short": shape("9%###-#"),
        },
    ),
    Spec(
        "MEXICO_CURP_NUMBER",
        ("CURP", "clave única de registro de población"),
        _curp,
        {
            "wrong check digit": changed_digit(_curp),
            "a day that is none": lambda rng: _curp(rng)[:4] + "901332" + _curp(rng)[10:],
            "a taxpayer's": _rfc(4),
            "a part number": shape("@@@@######@@@@@@##"),
        },
    ),
    Spec(
        "MEXICO_INDIVIDUAL_RFC_NUMBER",
        ("RFC", "registro federal de contribuyentes"),
        _rfc(4),
        {
            "examples": one_of("XAXX010101000", "XEXX010101000"),
            "a day that is none": _no_day("GODE"),
            "an organisation's": _rfc(3),
            "a population key": _curp,
        },
    ),
    Spec(
        "MEXICO_ORGANIZATION_RFC_NUMBER",
        ("RFC", "r.f.c."),
        _rfc(3),
        {"a day that is none": _no_day("GOD"), "a person's": _rfc(4), "too short": shape("@@@######")},
    ),
)
