"""National, tax and passport numbers of Spain and Italy.

Sources: Ministerio del Interior, Agencia Tributaria, Tesorería General de la Seguridad Social, Agenzia delle Entrate.
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, luhn, until
from scoreboard.sample import Spec, changed_digit, changed_letter, one_of, shape

_ODD = dict(zip("BAKPLCQDREVOSFTGUHMINJWZYX", range(26), strict=True))


def _codice(rng: Random) -> str:
    letters = "".join(rng.choices("BCDFGLMNPRSTV", k=3)) + "".join(rng.choices("BCDFGLMNPRSTV", k=3))
    day = rng.randrange(1, 29) + rng.choice((0, 40))
    body = f"{letters}{rng.randrange(100):02}{rng.choice('ABCDEHLMPRST')}{day:02}"
    body += f"{rng.choice('ABCDEFGHIL')}{rng.randrange(1, 1000):03}"
    as_letters = [chr(65 + int(char)) if char.isdigit() else char for char in body]
    total = sum(_ODD[char] if at % 2 == 0 else ord(char) - 65 for at, char in enumerate(as_letters))
    return body + chr(65 + total % 26)


def _letter(number: int) -> str:
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]


def _dni(rng: Random) -> str:
    number = rng.randrange(1_000_000, 99_000_000)
    return f"{number:08}{rng.choice(('', '-', ' '))}{_letter(number)}"


def _nie(rng: Random) -> str:
    kind, number = rng.randrange(3), rng.randrange(10_000_000)
    return (
        f"{'XYZ'[kind]}{rng.choice(('', '-'))}{number:07}{rng.choice(('', '-'))}{_letter(kind * 10_000_000 + number)}"
    )


def _klm(rng: Random) -> str:
    number = rng.randrange(1, 10_000_000)
    return f"{rng.choice('KLM')}{number:07}{_letter(number)}"


def _cif(rng: Random) -> str:
    body = digits(rng, 7)
    even = sum(int(char) for char in body[1::2])
    odd = sum(sum(map(int, str(2 * int(char)))) for char in body[0::2])
    check = (10 - (even + odd) % 10) % 10
    kind = rng.choice("ABBBEFGHJPQRSU")
    return f"{kind}{body}{'JABCDEFGHI'[check] if kind in 'PQRS' else check}"


def _affiliation(rng: Random) -> str:
    province, number = rng.randrange(1, 53), rng.randrange(10_000_000, 100_000_000)
    return rng.choice(("", "/", " ")).join(
        (f"{province:02}", f"{number:08}", f"{int(f'{province}{number:08}') % 97:02}")
    )


_TAX_ES = {
    "wrong letter of a citizen": changed_letter(_dni, "TRWAGMYFPDXBNJZSQVHLCKE"),
    "an invoice": shape("F-2024-####", "INV######"),
    "digits alone": shape("#######"),
}


def _digit_cif(rng: Random) -> str | None:
    value = _cif(rng)
    return value if value[-1].isdigit() else None


SPECS = (
    Spec(
        "ITALY_NATIONAL_IDENTIFICATION_NUMBER",
        ("codice fiscale", "tax code"),
        lambda rng: rng.choice((_codice(rng), _codice(rng), luhn("0" + digits(rng, 9)))),
        {
            "wrong check character": changed_letter(_codice),
            "a month that is none": lambda rng: _codice(rng)[:8] + "Z" + _codice(rng)[9:],
            "wrong check digit": changed_digit(lambda rng: luhn("0" + digits(rng, 9))),
            "too short": lambda rng: _codice(rng)[:15],
        },
    ),
    Spec(
        "ITALY_PASSPORT_NUMBER",
        ("passaporto", "passaporto numero"),
        shape("@@#######"),
        {"Canadian": shape("@@######"), "British": shape("#########"), "too long": shape("@@########")},
    ),
    Spec(
        "SPAIN_DNI_NUMBER",
        ("DNI", "documento nacional de identidad"),
        _dni,
        {
            "wrong letter": changed_letter(_dni, "TRWAGMYFPDXBNJZSQVHLCKE"),
            "no letter": shape("%#######"),
            "examples": one_of("99999999R", "00000000T"),
            "a foreigner's": _nie,
        },
    ),
    Spec(
        "SPAIN_NIE_NUMBER",
        ("NIE", "número de identidad de extranjero"),
        _nie,
        {**_TAX_ES, "wrong letter": changed_letter(_nie, "TRWAGMYFPDXBNJZSQVHLCKE"), "a citizen's": _dni},
    ),
    Spec(
        "SPAIN_NIF_NUMBER",
        ("NIF", "tax number"),
        lambda rng: rng.choice((_dni, _dni, _klm))(rng),
        {**_TAX_ES, "wrong letter": changed_letter(_klm, "TRWAGMYFPDXBNJZSQVHLCKE"), "a company's": _cif},
    ),
    Spec(
        "SPAIN_TAX_IDENTIFICATION_NUMBER",
        ("CIF", "tax id"),
        _cif,
        {
            **_TAX_ES,
            "wrong check digit": changed_digit(lambda rng: until(lambda: _digit_cif(rng))),
            "a citizen's": _dni,
        },
    ),
    Spec(
        "SPAIN_SOCIAL_SECURITY_NUMBER",
        ("número de la seguridad social", "social security number"),
        _affiliation,
        {
            "wrong check digits": changed_digit(_affiliation),
            "a province that is none": shape("99########02"),
            "American": shape("###-##-####"),
            "a citizen's": _dni,
        },
    ),
    Spec(
        "SPAIN_PASSPORT_NUMBER",
        ("pasaporte", "número pasaporte"),
        shape("@@@######", "@@######"),
        {"British": shape("#########"), "Italian": shape("@@#######"), "too short": shape("@@@####")},
    ),
)
