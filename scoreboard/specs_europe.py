"""National, tax and passport numbers of Europe, Australia and India.

Sources: HMRC, INSEE and DGFiP, BMF and ICAO 9303, Agenzia delle Entrate, Ministerio del Interior, ATO, UIDAI.
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, iso_11_10, luhn, until, verhoeff
from scoreboard.sample import Maker, Spec, changed_digit, changed_letter, grouped, one_of, shape
from scoreboard.specs_health import NIR_MISSES, nir

_CARD_ALPHABET = "CFGHJKLMNPRTVWXYZ0123456789"


def _nino(rng: Random) -> str:
    prefix = until(
        lambda: (lambda two: None if two in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ") else two)(
            rng.choice("ABCEGHJKLMNOPRSTWXYZ") + rng.choice("ABCEGHJKLMNPRSTWXYZ")
        )
    )
    return grouped(lambda _: prefix + digits(rng, 6) + rng.choice("ABCD"), (2, 2, 2, 2, 1), " ")(rng)


def _utr(rng: Random) -> str:
    body = digits(rng, 9)
    remainder = sum(int(char) * weight for char, weight in zip(body, (6, 7, 8, 9, 10, 5, 4, 3, 2), strict=True)) % 11
    return str({0: 2, 1: 1}.get(remainder, 11 - remainder)) + body


def _spi(rng: Random) -> str:
    body = digits(rng, 10, "0123")
    return grouped(lambda _: body + f"{int(body) % 511:03}", (2, 2, 3, 3, 3), " ")(rng)


def _document(first: str) -> Maker:
    def make(rng: Random) -> str:
        serial = rng.choice(first) + digits(rng, 2) + "".join(rng.choices(_CARD_ALPHABET, k=5)) + digits(rng, 1)
        total = 0
        for at, char in enumerate(serial):
            value = int(char) if char.isdigit() else ord(char) - 55
            total += value * {0: 7, 1: 3, 2: 1}[at % 3]
        return rng.choice((serial, serial + str(total % 10)))

    return make


def _checked(maker: Maker) -> Maker:
    return lambda rng: until(lambda: (lambda value: value if len(value) == 10 else None)(maker(rng)))


def _steuer_id(rng: Random) -> str:
    order = rng.sample("0123456789", 10)
    order[rng.randrange(1, 10)] = order[0]
    rng.shuffle(order)
    if order[0] == "0":
        order[0], order[-1] = order[-1], order[0]
    if order[0] == "0":
        return _steuer_id(rng)
    return grouped(lambda _: iso_11_10("".join(order)), (2, 3, 3, 3), " ")(rng)


_ODD = dict(zip("BAKPLCQDREVOSFTGUHMINJWZYX", range(26), strict=True))


def _codice(rng: Random) -> str:
    letters = "".join(rng.choices("BCDFGLMNPRSTV", k=3)) + "".join(rng.choices("BCDFGLMNPRSTV", k=3))
    day = rng.randrange(1, 29) + rng.choice((0, 40))
    body = f"{letters}{rng.randrange(100):02}{rng.choice('ABCDEHLMPRST')}{day:02}{rng.choice('ABCDEFGHIL')}{rng.randrange(1, 1000):03}"
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
    return f"{'XYZ'[kind]}{rng.choice(('', '-'))}{number:07}{rng.choice(('', '-'))}{_letter(kind * 10_000_000 + number)}"


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
    return rng.choice(("", "/", " ")).join((f"{province:02}", f"{number:08}", f"{int(f'{province}{number:08}') % 97:02}"))


def _tfn(rng: Random) -> str:
    def draw() -> str | None:
        number = digits(rng, 9, "123456789")
        total = sum(int(char) * weight for char, weight in zip(number, (1, 4, 3, 7, 5, 8, 6, 9, 10), strict=True))
        return None if total % 11 else number

    return grouped(lambda _: until(draw), (3, 3, 3), " ")(rng)


def _aadhaar(rng: Random) -> str:
    return verhoeff(digits(rng, 11, "23456789"))


_TAX_ES = {
    "wrong letter of a citizen": changed_letter(_dni, "TRWAGMYFPDXBNJZSQVHLCKE"),
    "an invoice": shape("F-2024-####", "INV######"),
    "digits alone": shape("#######"),
}

SPECS = (
    Spec(
        "UK_NATIONAL_INSURANCE_NUMBER",
        ("NINO", "national insurance number"),
        _nino,
        {
            "a prefix that is never used": shape("BG######A", "GB ## ## ## C", "ZZ######B"),
            "another last letter": shape("AB######E", "AB ## ## ## Z"),
            "letters that are never used": shape("DA######A", "AO######A"),
            "too short": shape("AB#####A"),
        },
    ),
    Spec(
        "UK_ELECTORAL_ROLL_NUMBER",
        ("electoral roll number", "electoral number"),
        shape("@@####", "@@@####", "@@@###", "@@# ###"),
        {
            "digits alone": shape("######", "####"),
            "too long": shape("@@@#######", "@@@@@####"),
            "words": one_of("not on the roll", "postal", "opted out"),
        },
        skips=("sku", "order"),
    ),
    Spec(
        "UK_TAX_IDENTIFICATION_NUMBER",
        ("UTR", "unique taxpayer reference", "tax reference"),
        lambda rng: rng.choice((_utr(rng), grouped(_utr, (5, 5), " ")(rng), f"{digits(rng, 2)}{rng.choice('ABCDEFGH')}{digits(rng, 5)}")),
        {
            "wrong check digit": changed_digit(_utr),
            "an employer's reference": shape("###/A####", "###/AB###"),
            "too short": shape("#########", "########"),
            "a tax code": shape("####L", "BR", "K###"),
        },
    ),
    Spec(
        "UK_PASSPORT_NUMBER",
        ("passport number", "passport no"),
        shape("%########"),
        {
            "one digit": one_of("000000000", "111111111"),
            "too short or long": shape("########", "##########"),
            "Canadian": shape("@@######"),
        },
    ),
    Spec("FRANCE_NATIONAL_IDENTIFICATION_NUMBER", ("INSEE", "numéro d'assurance"), nir, NIR_MISSES),
    Spec(
        "FRANCE_TAX_IDENTIFICATION_NUMBER",
        ("numéro d'identification fiscal", "tax id"),
        _spi,
        {
            "wrong key": changed_digit(_spi),
            "another first digit": shape("4############", "9############"),
            "a company's": shape("FR########### ", "#########"),
        },
    ),
    Spec(
        "FRANCE_PASSPORT_NUMBER",
        ("numéro de passeport", "passeport"),
        shape("##@@#####"),
        {"British": shape("#########"), "too long": shape("##@@######"), "Canadian": shape("@@######"), "too short": shape("##@@###")},
    ),
    Spec(
        "GERMANY_NATIONAL_IDENTIFICATION_NUMBER",
        ("Personalausweis", "Ausweisnummer"),
        _document("LMNPRTVWXY"),
        {
            "wrong check digit": changed_digit(_checked(_document("LMNPRTVWXY"))),
            "letters that are never used": shape("LAB######", "TOE######"),
            "a word": one_of("PLWGRTFHJ", "abgelaufen", "verloren"),
            "too short": shape("L#######"),
        },
    ),
    Spec(
        "GERMANY_PASSPORT_NUMBER",
        ("Reisepass", "Reisepassnummer"),
        _document("CFGHJK"),
        {
            "wrong check digit": changed_digit(_checked(_document("CFGHJK"))),
            "another first letter": shape("A########", "E########"),
            "digits alone": shape("#########"),
            "a date": shape("12.05.20##"),
        },
    ),
    Spec(
        "GERMANY_TAX_IDENTIFICATION_NUMBER",
        ("Steuer ID", "Steueridentifikationsnummer"),
        _steuer_id,
        {
            "wrong check digit": changed_digit(_steuer_id),
            "begins with 0": lambda rng: "0" + digits(rng, 10),
            "a tax number": shape("##/###/#####", "###/####/####"),
            "all digits differ": one_of("12345678903", "98765432106"),
        },
    ),
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
        {**_TAX_ES, "wrong check digit": changed_digit(lambda rng: until(lambda: _digit_cif(rng))), "a citizen's": _dni},
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
    Spec(
        "AUSTRALIA_TAX_FILE_NUMBER",
        ("TFN", "tax file number"),
        _tfn,
        {
            "a wrong digit": changed_digit(_tfn),
            "a business's": shape("51 824 753 5##"),
            "zeroes": one_of("000 000 000", "111111111"),
            "too short": shape("%######"),
        },
    ),
    Spec(
        "INDIA_AADHAAR_NUMBER",
        ("Aadhaar", "UIDAI"),
        grouped(_aadhaar, (4, 4, 4), " ", "-"),
        {
            "wrong check digit": grouped(changed_digit(_aadhaar), (4, 4, 4), " "),
            "begins with 0 or 1": lambda rng: verhoeff(digits(rng, 11, "01")),
            "too short": shape("#### #### ##"),
            "a phone number": shape("+91 9####-#####"),
        },
    ),
    Spec(
        "INDIA_PERMANENT_ACCOUNT_NUMBER",
        ("PAN card", "permanent account number"),
        lambda rng: "".join(rng.choices("ABCDEFGHIJKLMNPRSTVW", k=3)) + rng.choice("ABCFGHJLPT") + rng.choice("ABCDEFGH") + f"{rng.randrange(1, 10_000):04}" + rng.choice("ABCDEFGHJKL"),
        {
            "a kind that is none": shape("@@@D@####@", "@@@Z@####@"),
            "no number": shape("ABCPE0000@"),
            "too long": shape("ABCPE#####@"),
            "a bank code": shape("SBIN000####"),
        },
    ),
)


def _digit_cif(rng: Random) -> str | None:
    value = _cif(rng)
    return value if value[-1].isdigit() else None
