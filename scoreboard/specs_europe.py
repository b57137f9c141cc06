"""National, tax and passport numbers of the United Kingdom, France and Germany.

Sources: HMRC, INSEE and DGFiP, BMF, ICAO 9303.
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, iso_11_10, until
from scoreboard.sample import Maker, Spec, changed_digit, grouped, one_of, shape
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
        lambda rng: rng.choice(
            (_utr(rng), grouped(_utr, (5, 5), " ")(rng), f"{digits(rng, 2)}{rng.choice('ABCDEFGH')}{digits(rng, 5)}")
        ),
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
        {
            "British": shape("#########"),
            "too long": shape("##@@######"),
            "Canadian": shape("@@######"),
            "too short": shape("##@@###"),
        },
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
)
