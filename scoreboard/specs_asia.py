"""Numbers of Australia and India.

Sources: ATO, UIDAI, Income Tax Department.
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, until, verhoeff
from scoreboard.sample import Spec, changed_digit, grouped, one_of, shape


def _tfn(rng: Random) -> str:
    def draw() -> str | None:
        number = digits(rng, 9, "123456789")
        total = sum(int(char) * weight for char, weight in zip(number, (1, 4, 3, 7, 5, 8, 6, 9, 10), strict=True))
        return None if total % 11 else number

    return grouped(lambda _: until(draw), (3, 3, 3), " ")(rng)


def _aadhaar(rng: Random) -> str:
    return verhoeff(digits(rng, 11, "23456789"))


SPECS = (
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
        lambda rng: (
            "".join(rng.choices("ABCDEFGHIJKLMNPRSTVW", k=3))
            + rng.choice("ABCFGHJLPT")
            + rng.choice("ABCDEFGH")
            + f"{rng.randrange(1, 10_000):04}"
            + rng.choice("ABCDEFGHJKL")
        ),
        {
            "a kind that is none": shape("@@@D@####@", "@@@Z@####@"),
            "no number": shape("ABCPE0000@"),
            "too long": shape("ABCPE#####@"),
            "a bank code": shape("SBIN000####"),
        },
    ),
)
