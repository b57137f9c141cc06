"""Payment cards.

Source: the issuers' prefixes and lengths (ISO 7812), ISO 7813 (tracks).
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, luhn
from scoreboard.sample import Spec, changed_digit, grouped, one_of, shape

_ISSUERS = (
    ("4", 16), ("4", 16), ("4", 13), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15),
    ("37", 15),
    ("6011", 16), ("65", 16), ("644", 16), ("36", 14), ("300", 14), ("38", 14), ("3528", 16), ("3589", 16), ("62", 16),
    ("62", 19), ("5019", 16),
)  # fmt: skip

_FOREIGN = (("1", 16), ("7", 16), ("9", 16), ("56", 16), ("2721", 16), ("2220", 16), ("60", 12), ("32", 15))

_TEST = (
    "4111111111111111",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
    "3530111333300000",
)


def _plain_card(rng: Random) -> str:
    prefix, length = rng.choice(_ISSUERS)
    return luhn(prefix + digits(rng, length - 1 - len(prefix)))


def _card(rng: Random) -> str:
    number = _plain_card(rng)
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}.get(len(number))
    return number if sizes is None else grouped(lambda _: number, sizes, " ", "-")(rng)


def _foreign(rng: Random) -> str:
    prefix, length = rng.choice(_FOREIGN)
    return luhn(prefix + digits(rng, length - 1 - len(prefix)))


_CARD_MISSES = {
    "wrong Luhn digit": changed_digit(_card),
    "no issuer's prefix": _foreign,
    "an issuer's test number": one_of(*_TEST, "4111 1111 1111 1111", "5555-5555-5555-4444"),
    "the fraction of a number": lambda rng: "0." + _plain_card(rng),
    "part of a longer token": lambda rng: _plain_card(rng) + rng.choice("abcdef") + digits(rng, 3),
    "masked": lambda rng: "**** **** **** " + digits(rng, 4),
    "a time in microseconds": lambda rng: "16" + digits(rng, 14),
}


def _track(rng: Random) -> str:
    number, expires = _plain_card(rng), f"{rng.randrange(24, 32)}{rng.randrange(1, 13):02}"
    service = rng.choice(("101", "201", "221"))
    if rng.random() < 0.5:
        return f";{number}={expires}{service}{digits(rng, 8)}?"
    name = rng.choice(("SMITH/JOHN", "DOE/JANE A", "MUELLER/ANNA"))
    return f"%B{number}^{name}^{expires}{service}{digits(rng, 10)}?"


def _bad_track(rng: Random) -> str:
    number = changed_digit(_plain_card)(rng)
    return rng.choice((f";{number}=2712101{digits(rng, 8)}?", f"%B{number}^SMITH/JOHN^2712101{digits(rng, 8)}?"))


def _expiration(rng: Random) -> str:
    month, year = rng.randrange(1, 13), rng.randrange(2024, 2032)
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return rng.choice(
        (
            f"{month:02}/{year % 100}",
            f"{month:02}/{year}",
            f"{month:02}-{year % 100}",
            f"{year}-{month:02}",
            f"{names[month - 1]} {year}",
            f"{month:02}/{rng.randrange(1, 28):02}/{year}",
            f"{year}-{month:02}-{rng.randrange(1, 28):02}",
        )
    )


SPECS = (
    Spec("CREDIT_CARD_NUMBER", ("credit card", "card", "visa"), _card, _CARD_MISSES),
    Spec(
        "CREDIT_CARD_NUMBER_(NO_KEYWORD)",
        (),
        _card,
        {**_CARD_MISSES, "beside a keyword": lambda rng: rng.choice(("visa ", "credit card: ")) + _card(rng)},
        alone=_card,
    ),
    Spec(
        "CREDIT_CARD_SECURITY_CODE",
        ("cvv", "cvc2", "card security code"),
        shape("###", "####"),
        {
            "too short or long": shape("##", "#####"),
            "words": one_of("yes", "n/a", "match", "not given"),
            "a decimal": shape("##.##"),
        },
        skips=("money", "sku"),
    ),
    Spec(
        "CREDIT_CARD_EXPIRATION",
        ("expiration", "expiry"),
        _expiration,
        {
            "a month that is none": shape("13/2#", "19/202#"),
            "a time of day": shape("1#:0#"),
            "words": one_of("never", "end of term", "unknown"),
            "past years": shape("0%/200#", "200#-0%"),
        },
        skips=("timestamp",),
    ),
    Spec(
        "CREDIT_CARD_MAGNETIC_STRIPE",
        ("magstripe", "swipe", "card data"),
        _track,
        {
            "wrong Luhn digit": _bad_track,
            "a card number alone": _plain_card,
            "an assignment": shape("retries=%###", "total=%######"),
        },
    ),
)
